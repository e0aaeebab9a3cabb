/** One line of a batch's file: `{custom_id, method, url, body}`, judged by its endpoint's own rules before anything runs. */
import type { BatchEndpoint } from '@spillway/contract'
import { type Dialect, DIALECTS, parseJson } from '#modules/gateway/index.ts'
import type { BatchFault } from './batch.ts'

export interface Line {
  readonly kind: 'line'
  readonly customId: string
  readonly model: string
  /** What is asked, as the endpoint takes it. */
  readonly body: Buffer
}

export type LineFault = Omit<BatchFault, 'line'> & { readonly kind: 'fault' }

const DIALECT_OF: Readonly<Record<BatchEndpoint, Dialect>> = {
  '/v1/chat/completions': DIALECTS.chat,
  '/v1/completions': DIALECTS.completions,
  '/v1/embeddings': DIALECTS.embeddings,
  '/v1/responses': DIALECTS.responses,
}

export function dialectOf(endpoint: BatchEndpoint): Dialect {
  return DIALECT_OF[endpoint]
}

const CUSTOM_ID_CHARACTERS_MAX = 512

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fault(code: string, message: string, param: string | null = null): LineFault {
  return { kind: 'fault', code, message, param }
}

function judgeFrame(line: Record<string, unknown>, endpoint: BatchEndpoint): LineFault | null {
  const { custom_id: customId, method, url, body, ...others } = line
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    return fault('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown)
  if (typeof customId !== 'string' || customId === '')
    return fault('missing_required_parameter', "'custom_id' must be a text.", 'custom_id')
  if (customId.length > CUSTOM_ID_CHARACTERS_MAX || customId.includes('\0'))
    return fault(
      'invalid_custom_id',
      `'custom_id' has at most ${CUSTOM_ID_CHARACTERS_MAX} characters.`,
      'custom_id',
    )
  if (method !== 'POST') return fault('invalid_method', "'method' must be POST.", 'method')
  if (url !== endpoint)
    return fault('mismatched_url', `'url' must be the batch's endpoint, ${endpoint}.`, 'url')
  return isObject(body)
    ? null
    : fault('missing_required_parameter', "'body' must be an object.", 'body')
}

/** A line's request, in the words of the endpoint that would refuse it. */
export function readLine(bytes: Buffer, endpoint: BatchEndpoint): Line | LineFault {
  const parsed = parseJson(bytes.toString())
  if (!isObject(parsed)) return fault('invalid_json_line', 'This line is not a JSON object.')
  const wrong = judgeFrame(parsed, endpoint)
  if (wrong) return wrong
  const body = Buffer.from(JSON.stringify(parsed['body']))
  const request = dialectOf(endpoint).parse(body)
  if (request.kind === 'refusal') {
    const { code, message, param } = request.error
    return fault(code ?? 'invalid_request', message, param === null ? 'body' : `body.${param}`)
  }
  if (request.isStream)
    return fault('stream_not_supported', 'A batch answers in files, not in streams.', 'body.stream')
  return { kind: 'line', customId: parsed['custom_id'] as string, model: request.model, body }
}
