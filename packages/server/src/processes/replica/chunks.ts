/** Answers of the OpenAI dialect as text: whole, or chunk by chunk as server-sent events. Pure. */

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

export type FinishReason = 'stop' | 'length'

export interface Answer {
  /** `chatcmpl-…` */
  readonly id: string
  readonly model: string
  readonly createdSeconds: number
}

interface Delta {
  readonly role?: 'assistant'
  readonly content?: string
}

interface Chunk {
  readonly delta: Delta
  readonly finishReason: FinishReason | null
  /** Usage so far when the client asked for it in every chunk, null when it asked for it at the end. */
  readonly usage: Usage | null | undefined
}

export const STREAM_END = 'data: [DONE]\n\n'

function renderUsage({ promptTokens, completionTokens }: Usage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

function head({ id, model, createdSeconds }: Answer, object: string) {
  return { id, object, created: createdSeconds, model }
}

/** One event of a stream. */
export function renderChunk(answer: Answer, { delta, finishReason, usage }: Chunk): string {
  const chunk = {
    ...head(answer, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...(usage !== undefined && { usage: usage && renderUsage(usage) }),
  }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

/** The event with the whole usage, which has no choices. */
export function renderUsageChunk(answer: Answer, usage: Usage): string {
  const chunk = {
    ...head(answer, 'chat.completion.chunk'),
    choices: [],
    usage: renderUsage(usage),
  }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

export function renderCompletion(
  answer: Answer,
  outcome: {
    readonly text: string
    readonly finishReason: FinishReason
    readonly usage: Usage
  },
): string {
  return JSON.stringify({
    ...head(answer, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: outcome.text, refusal: null },
        logprobs: null,
        finish_reason: outcome.finishReason,
      },
    ],
    usage: renderUsage(outcome.usage),
  })
}

interface TextChoice {
  readonly index: number
  readonly text: string
  readonly finishReason: FinishReason | null
}

const renderTextChoice = ({ index, text, finishReason }: TextChoice) => ({
  index,
  text,
  logprobs: null,
  finish_reason: finishReason,
})

/** One event of a stream of the older completions. */
export function renderTextChunk(
  answer: Answer,
  { usage, ...choice }: TextChoice & { readonly usage: Usage | null | undefined },
): string {
  const chunk = {
    ...head(answer, 'text_completion'),
    choices: [renderTextChoice(choice)],
    ...(usage !== undefined && { usage: usage && renderUsage(usage) }),
  }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

export function renderTextUsage(answer: Answer, usage: Usage): string {
  const chunk = { ...head(answer, 'text_completion'), choices: [], usage: renderUsage(usage) }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

export function renderTextCompletion(
  answer: Answer,
  choices: readonly { readonly text: string; readonly finishReason: FinishReason }[],
  usage: Usage,
): string {
  return JSON.stringify({
    ...head(answer, 'text_completion'),
    choices: choices.map((choice, index) => renderTextChoice({ index, ...choice })),
    usage: renderUsage(usage),
  })
}

/** An error after the stream has begun. */
export function renderStreamError(message: string): string {
  const error = { message, type: 'server_error', param: null, code: 'server_error' }
  return `data: ${JSON.stringify({ error })}\n\n`
}

export function renderModels(model: {
  readonly name: string
  readonly createdSeconds: number
  readonly contextTokens: number
}): string {
  const entry = {
    id: model.name,
    object: 'model',
    created: model.createdSeconds,
    owned_by: 'spillway',
    max_model_len: model.contextTokens,
  }
  return JSON.stringify({ object: 'list', data: [entry] })
}
