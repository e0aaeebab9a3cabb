/** Reads an error of Gemini's. A key that it does not know, or a project that may not ask, is the operator's to mend. */
import type { UpstreamError } from '../../frame/provider.ts'
import { isObject } from '../../json.ts'

const CONTEXT_WORDS =
  /token count.*exceeds the maximum|exceeds? the (context|maximum number of tokens)/i
const KEY_WORDS = /api key (not valid|expired|not found)/i

export function readError(json: unknown): UpstreamError {
  const outer: unknown = Array.isArray(json) ? json[0] : json
  const error = isObject(outer) && isObject(outer['error']) ? outer['error'] : {}
  const said = error['message']
  const message = (typeof said === 'string' ? said : 'no reason given').slice(0, 1000)
  return {
    message,
    param: null,
    code: null,
    isContextExceeded: CONTEXT_WORDS.test(message),
    isOperators: error['status'] === 'FAILED_PRECONDITION' || KEY_WORDS.test(message),
  }
}
