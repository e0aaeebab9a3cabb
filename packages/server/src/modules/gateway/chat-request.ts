/** A chat completion request: judged, and rewritten for the server that will answer it. No I/O. */
import { isUtf8 } from 'node:buffer'
import { judgeField, judgeFields, missingParameter, wrongType } from './field-rules.ts'
import { isObject, parseJson } from './json.ts'
import { hasOpaqueInput, judgeMessages, textBytes } from './messages.ts'
import { invalidRequest, malformedJson, type Refusal } from './refusal.ts'

export interface ChatRequest {
  readonly kind: 'chat'
  readonly model: string
  readonly isStream: boolean
  /** What the client asked to see; the gateway itself always asks upstream. */
  readonly wantsUsage: boolean
  readonly wantsContinuousUsage: boolean
  /** The most tokens each choice may have; null where the model's context is the only bound. */
  readonly outputTokensMax: number | null
  readonly choices: number
  /** Bytes as received: never fewer than the bytes of the text within. */
  readonly bodyBytes: number
  readonly hasOpaqueInput: boolean
  readonly body: Readonly<Record<string, unknown>>
}

function judgeStreamOptions(body: Readonly<Record<string, unknown>>): Refusal | null {
  const options = body['stream_options']
  if (!isObject(options)) return null
  if (body['stream'] !== true)
    return invalidRequest(
      `The 'stream_options' parameter is only allowed when 'stream' is enabled.`,
      { param: 'stream_options' },
    )
  const rule = { type: 'boolean' } as const
  return (
    judgeField('stream_options.include_usage', rule, options['include_usage']) ??
    judgeField('stream_options.continuous_usage_stats', rule, options['continuous_usage_stats'])
  )
}

/** Two fields may bound the output; which one counts is the server's choice, so the larger is assumed. */
function readOutputTokensMax(body: Readonly<Record<string, unknown>>): number | null {
  const bounds = [body['max_tokens'], body['max_completion_tokens']].filter(
    (value) => typeof value === 'number',
  )
  return bounds.length === 0 ? null : Math.max(...bounds)
}

function judge(body: unknown): Refusal | null {
  if (!isObject(body)) return malformedJson()
  const model = body['model']
  if (model === undefined || model === '') return missingParameter('model')
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  return judgeMessages(body['messages']) ?? judgeFields(body) ?? judgeStreamOptions(body)
}

/** Reads the body of `POST /v1/chat/completions`. */
export function parseChatRequest(bytes: Uint8Array): ChatRequest | Refusal {
  // Anything but UTF-8 could decode to more bytes than were counted.
  const parsed = isUtf8(bytes)
    ? parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
    : undefined
  const refused = judge(parsed)
  if (refused) return refused
  const body = parsed as Record<string, unknown>
  const options = body['stream_options'] as Record<string, unknown> | undefined | null
  return {
    kind: 'chat',
    model: body['model'] as string,
    isStream: body['stream'] === true,
    wantsUsage: options?.['include_usage'] === true,
    wantsContinuousUsage: options?.['continuous_usage_stats'] === true,
    outputTokensMax: readOutputTokensMax(body),
    choices: (body['n'] as number | null | undefined) ?? 1,
    bodyBytes: bytes.length,
    hasOpaqueInput: hasOpaqueInput(body['messages'] as []),
    body,
  }
}

/**
 * The body for the server that answers. It is written anew from what was judged, never forwarded as received: a
 * repeated key could otherwise mean one thing to the admission and another to the model.
 */
export function renderUpstreamBody(
  request: ChatRequest,
  target: { readonly upstreamModel: string; readonly kind: 'replica' | 'upstream' },
): string {
  const { body } = request
  if (!request.isStream) {
    return JSON.stringify(
      request.model === target.upstreamModel ? body : { ...body, model: target.upstreamModel },
    )
  }
  return JSON.stringify({
    ...body,
    model: target.upstreamModel,
    stream_options: {
      ...(body['stream_options'] as object | null | undefined),
      include_usage: true,
      // Only our own replicas are known to understand it; others may refuse what they do not know.
      ...(target.kind === 'replica' ? { continuous_usage_stats: true } : {}),
    },
  })
}

/** A guess of the prompt's tokens, for the server that does not say: four bytes a token, at least one. */
export function estimatePromptTokens(request: ChatRequest): number {
  return Math.max(1, Math.ceil(textBytes(request.body['messages'] as []) / 4))
}
