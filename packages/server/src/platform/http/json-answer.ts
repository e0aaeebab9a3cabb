/** Sends a JSON document, compressed when it is long and the caller can read that. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Context } from 'hono'
import { COMPRESSED_ANSWER_CHARACTERS_MIN } from '../../limits.ts'

const compress = promisify(gzip)
/** Long answers are mostly repetition: more effort gains little. */
const LEVEL = 3

function acceptsGzip(header: string | undefined): boolean {
  return /(^|,)\s*(gzip|\*)\s*(?!;\s*q=0(\.0*)?\s*(,|$))/i.test(header ?? '')
}

export async function jsonAnswer(context: Context, document: object): Promise<Response> {
  const text = JSON.stringify(document)
  const headers = { 'content-type': 'application/json', vary: 'accept-encoding' }
  const isLong = text.length >= COMPRESSED_ANSWER_CHARACTERS_MIN
  if (!isLong || !acceptsGzip(context.req.header('accept-encoding')))
    return context.body(text, 200, headers)
  const bytes = await compress(text, { level: LEVEL })
  return context.body(new Uint8Array(bytes), 200, { ...headers, 'content-encoding': 'gzip' })
}
