/** A guess of a request's input, for the server that does not say: four bytes of text a token, at least one. Pure. */
import { isObject } from '../json.ts'
import type { Dialect, ModelRequest } from './dialect.ts'

function textBytes(message: unknown): number {
  const content = isObject(message) ? message['content'] : undefined
  if (typeof content === 'string') return Buffer.byteLength(content)
  const parts: readonly unknown[] = Array.isArray(content) ? content : []
  return parts.reduce<number>((bytes, part) => {
    const text = isObject(part) ? part['text'] : undefined
    return typeof text === 'string' ? bytes + Buffer.byteLength(text) : bytes
  }, 0)
}

export function estimateInputTokens(dialect: Dialect, request: ModelRequest): number {
  const chat = dialect.toChat(request)
  const found = 'messages' in chat ? chat['messages'] : []
  const messages: readonly unknown[] = Array.isArray(found) ? found : []
  const bytes =
    messages.length > 0
      ? messages.reduce<number>((sum, message) => sum + textBytes(message), 0)
      : request.bodyBytes
  return Math.max(1, Math.ceil(bytes / 4))
}
