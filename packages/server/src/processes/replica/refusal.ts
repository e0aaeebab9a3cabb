/** What the replica refuses, in the OpenAI dialect: status, type, code, parameter, sentence. */

export interface Refusal {
  readonly status: number
  readonly type: 'invalid_request_error' | 'rate_limit_error' | 'server_error'
  readonly code: string | null
  readonly param: string | null
  readonly message: string
}

/** Carries a refusal up to the edge, which renders it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

export function invalid(
  message: string,
  param: string | null,
  code: string | null = null,
): Refused {
  return new Refused({ status: 400, type: 'invalid_request_error', code, param, message })
}

export function notFound(message: string, code: string | null): Refused {
  return new Refused({ status: 404, type: 'invalid_request_error', code, param: null, message })
}

export function tooLong(promptTokens: number, contextTokens: number): Refused {
  const message =
    `This model's maximum context length is ${contextTokens} tokens. However, your messages ` +
    `resulted in ${promptTokens} tokens. Please reduce the length of the messages.`
  return invalid(message, 'messages', 'context_length_exceeded')
}

/** llama.cpp looks tokens up unchecked. */
export function judgeTokens(
  tokens: readonly number[],
  vocabularySize: number,
  param: string,
): void {
  const wrong = tokens.find((token) => token >= vocabularySize)
  if (wrong !== undefined) throw invalid(`${wrong} is no token of this model.`, param)
}

export function overloaded(): Refused {
  const message = 'All places are taken and the queue is full. Try again in a moment.'
  return new Refused({
    status: 429,
    type: 'rate_limit_error',
    code: 'queue_full',
    param: null,
    message,
  })
}

export function unavailable(message: string): Refused {
  return new Refused({
    status: 503,
    type: 'server_error',
    code: 'unavailable',
    param: null,
    message,
  })
}

export function renderRefusal({ message, type, param, code }: Refusal): string {
  return JSON.stringify({ error: { message, type, param, code } })
}
