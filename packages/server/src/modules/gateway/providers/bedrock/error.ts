/**
 * Reads an error of Bedrock's. A model that may not be asked so, or a key that is not known, is the operator's to mend,
 * whatever the status.
 */
import type { UpstreamError } from '../../frame/provider.ts'
import { isObject } from '../../json.ts'

const CONTEXT_WORDS =
  /input is too long|prompt is too long|too many (total |input )?(text )?tokens|exceeds? the (maximum|model\u2019s|model's) .*tokens|context (length|window)/i
const OPERATORS_WORDS =
  /on-demand throughput|inference profile|model identifier|security token|signature|access to the model|not authorized|count(ing)? tokens|token counting/i

export function readError(json: unknown): UpstreamError {
  const error = isObject(json) ? json : {}
  const said = error['message'] ?? error['Message']
  const message = (typeof said === 'string' ? said : 'no reason given').slice(0, 1000)
  return {
    message,
    param: null,
    code: null,
    isContextExceeded: CONTEXT_WORDS.test(message),
    isOperators: OPERATORS_WORDS.test(message),
  }
}
