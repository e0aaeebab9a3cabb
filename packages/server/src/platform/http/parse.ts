/** Reads a request against its endpoint's schemas, once, collecting every field error. */
import type { AnyEndpoint } from '@spillway/contract'
import type { z } from 'zod'
import { Fault, type FieldError } from '#kernel/fault.ts'
import { BODY_BYTES_MAX, BODY_DRAINED_BYTES_MAX } from '../../limits.ts'

export interface ParsedRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  /** The body as sent, for the idempotency record's hash. */
  readonly bodyText: string
}

/**
 * Reads the body as text; one over the limit is not kept. It is read to its end all the same, within reason: what is
 * left of it on the connection would be taken for the next request.
 */
export async function readBody(request: Request): Promise<string> {
  if (request.method === 'GET' || request.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of request.body) {
    bytes += chunk.byteLength
    if (bytes <= BODY_BYTES_MAX) text += decoder.decode(chunk, { stream: true })
    else if (bytes > BODY_DRAINED_BYTES_MAX) break
  }
  if (bytes > BODY_BYTES_MAX)
    throw new Fault('request.too_large', `The body is larger than ${BODY_BYTES_MAX} bytes.`)
  return text + decoder.decode()
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('request.malformed', 'The body is not valid JSON.', { cause })
  }
}

function fieldErrors(part: string, error: z.ZodError): FieldError[] {
  return error.issues.map((issue) => ({
    field: [part, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }))
}

/** Text that no database can hold: a NUL, or half of a surrogate pair. */
function findUnstorable(value: unknown, path: string): FieldError[] {
  if (typeof value === 'string')
    return value.includes('\0') || !value.isWellFormed()
      ? [{ field: path, message: 'holds a character that is not text' }]
      : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => [
    ...findUnstorable(name, path),
    ...findUnstorable(part, `${path}.${name}`),
  ])
}

/** Parses params, query and body; throws `request.invalid` with all that is wrong. */
export function parseRequest(
  endpoint: AnyEndpoint,
  raw: {
    readonly params: Record<string, string>
    readonly query: Record<string, string>
    readonly bodyText: string
  },
): ParsedRequest {
  const params = endpoint.params.safeParse(raw.params)
  const query = endpoint.query.safeParse(raw.query)
  const json = parseJson(raw.bodyText)
  const body = endpoint.body.safeParse(json)
  const unstorable = findUnstorable(json, 'body')
    .concat(findUnstorable(raw.query, 'query'))
    .concat(findUnstorable(raw.params, 'params'))
  if (unstorable.length === 0 && params.success && query.success && body.success)
    return { params: params.data, query: query.data, body: body.data, bodyText: raw.bodyText }
  const fields = [
    ...unstorable,
    ...(params.success ? [] : fieldErrors('params', params.error)),
    ...(query.success ? [] : fieldErrors('query', query.error)),
    ...(body.success ? [] : fieldErrors('body', body.error)),
  ]
  const first = fields[0]
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : ''
  throw new Fault('request.invalid', `${first?.field}: ${first?.message}${more}`, { fields })
}
