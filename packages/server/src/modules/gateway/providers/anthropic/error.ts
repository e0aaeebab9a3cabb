/** Reads an error of Anthropic's. */
import type { UpstreamError } from '../../frame/provider.ts'
import { isObject } from '../../json.ts'

const CONTEXT_WORDS =
  /prompt is too long|exceeds? the context|context window|too many (total )?tokens/i

export function readError(json: unknown): UpstreamError {
  const outer = isObject(json) ? json : {}
  const error = isObject(outer['error']) ? outer['error'] : {}
  const said = error['message']
  const message = (typeof said === 'string' ? said : 'no reason given').slice(0, 1000)
  return { message, param: null, code: null, isContextExceeded: CONTEXT_WORDS.test(message) }
}
