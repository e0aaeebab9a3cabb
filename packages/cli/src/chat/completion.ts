/**
 * Chat completions in the OpenAI dialect: one request, its answer as parts while they arrive. Reads leniently, since
 * upstream servers differ; knows nothing of terminals.
 */
import { EXIT } from '../exit-codes.ts'
import { Failure, Unreachable } from '../failure.ts'
import { asObject, asText, parseObject } from '../parse/json.ts'
import { readEvents } from '../parse/sse.ts'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly maxTokens?: number
}

export interface TokenUsage {
  readonly input: number
  readonly output: number
}

export type ChatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'usage'; readonly usage: TokenUsage }
  | { readonly kind: 'finish'; readonly reason: string }

export interface ChatConnection {
  readonly fetch: typeof fetch
  readonly url: string
  readonly key: string
}

/** The whole answer as one document. */
export async function complete(
  connection: ChatConnection,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await post(connection, bodyOf(request), signal)
  const document = parseObject(await response.text())
  if (document === null) throw cut(connection.url)
  return document
}

/** The answer as it is made. Throws when it breaks off before it is finished. */
export async function* stream(
  connection: ChatConnection,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatPart> {
  const body = { ...bodyOf(request), stream: true, stream_options: { include_usage: true } }
  const response = await post(connection, body, signal)
  let isFinished = false
  try {
    for await (const { data } of readEvents(response.body)) {
      if (data === '[DONE]') return
      const chunk = parseObject(data)
      if (chunk?.['error'] !== undefined) throw refusal(chunk, response)
      for (const part of partsOf(chunk)) {
        isFinished ||= part.kind === 'finish'
        yield part
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof Failure) throw error
    throw cut(connection.url, error)
  }
  if (!isFinished) throw cut(connection.url)
}

/** The parts of a chunk, or of a whole answer, which has `message` in the place of `delta`. */
export function partsOf(document: Readonly<Record<string, unknown>> | null): readonly ChatPart[] {
  const choices = document?.['choices']
  const choice = asObject(Array.isArray(choices) ? choices[0] : null)
  const text = asText(asObject(choice?.['delta'] ?? choice?.['message'])?.['content'])
  const reason = asText(choice?.['finish_reason'])
  const usage = asObject(document?.['usage'])
  return [
    ...(text === null ? [] : [{ kind: 'text', text } as const]),
    ...(reason === null ? [] : [{ kind: 'finish', reason } as const]),
    ...(usage === null ? [] : [{ kind: 'usage', usage: usageOf(usage) } as const]),
  ]
}

function usageOf(usage: Readonly<Record<string, unknown>>): TokenUsage {
  const count = (value: unknown): number => (Number.isSafeInteger(value) ? Number(value) : 0)
  return { input: count(usage['prompt_tokens']), output: count(usage['completion_tokens']) }
}

function bodyOf({ model, messages, maxTokens }: ChatRequest) {
  return { model, messages, ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }) }
}

async function post(
  { fetch, url, key }: ChatConnection,
  body: object,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  if (response.ok) return response
  throw refusal(parseObject(await response.text()), response)
}

const REMEDIES: Readonly<Record<string, string>> = {
  model_not_found: 'List the models with `spillway model list`.',
  insufficient_quota:
    'See `spillway balance`; the operator adds credit with `spillway organization credit`.',
  invalid_api_key: 'Check the key; it may be mistyped, revoked or of another installation.',
  context_length_exceeded: 'Say less, or ask for fewer tokens with --max-tokens.',
}

function refusal(document: Readonly<Record<string, unknown>> | null, response: Response): Failure {
  const error = asObject(document?.['error'])
  const code = asText(error?.['code']) ?? asText(error?.['type']) ?? String(response.status)
  const request = response.headers.get('x-request-id')
  return new Failure(
    asText(error?.['message']) ?? `The gateway answered ${response.status} without an explanation.`,
    {
      remedy: REMEDIES[code] ?? null,
      exitCode: response.status === 401 || response.status === 403 ? EXIT.credential : EXIT.refused,
      lines: [`(${code}${request === null ? '' : `, request ${request}`})`],
    },
  )
}

function cut(url: string, cause?: unknown): Unreachable {
  return new Unreachable(`The answer from ${url} broke off before it was finished.`, {
    remedy: 'Try again; only the tokens that were made are charged.',
    cause,
  })
}
