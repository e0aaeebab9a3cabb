/** Reads a request's body as JSON, within a limit. */
import type { IncomingMessage } from 'node:http'
import { Refused, invalid } from './refusal.ts'

const BODY_BYTES_MAX = 16 * 1024 * 1024

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) throw tooLarge()
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    // The parser's message quotes the body; where the mistake is does not help whoever wrote a program.
    throw invalid('We could not parse the JSON body of your request.', null)
  }
}

function tooLarge(): Refused {
  const message = `The body is larger than ${BODY_BYTES_MAX} bytes.`
  return new Refused({
    status: 413,
    type: 'invalid_request_error',
    code: 'request_too_large',
    param: null,
    message,
  })
}
