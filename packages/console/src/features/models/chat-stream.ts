/** One streamed chat completion over the public `/v1` address, read as it comes. Knows the dialect, not the screen. */
import { readServerSentEvents } from '../../api/server-sent-events.ts'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly maxTokens: number
  readonly temperature: number
  readonly topP?: number
  readonly seed?: number
}

/** What a call says of itself and hears beside its answer. */
export interface ChatExtras {
  /** Which task it is an attempt of. */
  readonly taskId?: string
  /** Told what came with the answer, before any of it. */
  readonly onOpen?: (headers: Headers) => void
}

export interface ChatUsage {
  readonly promptTokens: number
  readonly completionTokens: number
}

export type ChatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'finish'; readonly reason: string }
  | { readonly kind: 'usage'; readonly usage: ChatUsage }

/** The error shape of the OpenAI dialect, with what the transport adds. */
export class ChatFailure extends Error {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  readonly requestId: string | null
  constructor(shape: ChatFailureShape) {
    super(shape.message)
    this.status = shape.status
    this.type = shape.type
    this.code = shape.code
    this.param = shape.param
    this.requestId = shape.requestId
  }
}

interface ChatFailureShape {
  readonly message: string
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  readonly requestId: string | null
}

/** The request as JSON, the same for the playground and for the snippets to copy. */
export function chatBody(request: ChatRequest): Record<string, unknown> {
  return {
    model: request.model,
    messages: request.messages,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    ...(request.topP === undefined ? {} : { top_p: request.topP }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

interface WireError {
  message?: string
  type?: string
  code?: string | null
  param?: string | null
}

interface WireChunk {
  error?: WireError
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[]
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null
}

function toFailure(
  error: WireError | undefined,
  status: number,
  requestId: string | null,
): ChatFailure {
  return new ChatFailure({
    message: error?.message ?? `The gateway answered ${status} without an explanation.`,
    status,
    type: error?.type ?? 'unknown',
    code: error?.code ?? null,
    param: error?.param ?? null,
    requestId,
  })
}

/** What one chunk says; replies are read leniently. */
export function readChunk(chunk: WireChunk): ChatPart[] {
  const parts: ChatPart[] = []
  const [choice] = chunk.choices ?? []
  if (choice?.delta?.content) parts.push({ kind: 'text', text: choice.delta.content })
  if (choice?.finish_reason) parts.push({ kind: 'finish', reason: choice.finish_reason })
  if (chunk.usage)
    parts.push({
      kind: 'usage',
      usage: {
        promptTokens: chunk.usage.prompt_tokens ?? 0,
        completionTokens: chunk.usage.completion_tokens ?? 0,
      },
    })
  return parts
}

export async function* streamChat(
  request: ChatRequest,
  signal: AbortSignal,
  { taskId, onOpen }: ChatExtras = {},
): AsyncGenerator<ChatPart> {
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(taskId === undefined ? {} : { 'x-spillway-task-id': taskId }),
    },
    body: JSON.stringify(chatBody(request)),
    signal,
  })
  const requestId = response.headers.get('x-request-id')
  if (!response.ok || response.body === null) {
    const answer = (await response.json().catch(() => null)) as { error?: WireError } | null
    throw toFailure(answer?.error, response.status, requestId)
  }
  onOpen?.(response.headers)
  for await (const event of readServerSentEvents(response.body)) {
    if (event === null || event.data === '') continue
    if (event.data === '[DONE]') return
    const chunk = JSON.parse(event.data) as WireChunk
    // A stream that already began can only report its failure inside itself.
    if (chunk.error) throw toFailure(chunk.error, response.status, requestId)
    yield* readChunk(chunk)
  }
}
