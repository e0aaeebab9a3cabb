/** A request for embeddings, judged. Only its input is paid. */
import type { ModelRequest } from '../../frame/dialect.ts'
import { isObject, parseBody } from '../../json.ts'
import { invalidRequest, malformedJson, type Refusal } from '../../refusal.ts'
import { judgeFields, missingParameter, type Rules, wrongType } from '../field-rules.ts'
import { countPrompts } from '../prompts.ts'

const RULES: Rules = {
  dimensions: { type: 'integer', min: 1, max: 65_536 },
  encoding_format: { type: 'string' },
  user: { type: 'string' },
}

const INPUTS = { param: 'input', max: 2048, isEmptyAllowed: false }
const FORMATS: readonly unknown[] = ['float', 'base64', undefined, null]

function judgeFormat({ encoding_format: format, stream }: Record<string, unknown>): Refusal | null {
  if (stream === true) return invalidRequest('Embeddings are not streamed.', { param: 'stream' })
  if (FORMATS.includes(format)) return null
  return invalidRequest(
    `Invalid value: '${String(format).slice(0, 40)}'. Supported values are: 'float' and 'base64'.`,
    { param: 'encoding_format', code: 'invalid_value' },
  )
}

/** Reads the body of `POST /v1/embeddings`. */
export function parseEmbeddings(bytes: Uint8Array): ModelRequest | Refusal {
  const body = parseBody(bytes)
  if (!isObject(body)) return malformedJson()
  const { model } = body
  if (model === undefined || model === '') return missingParameter('model')
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  const inputs = countPrompts(body['input'], INPUTS)
  if (typeof inputs !== 'number') return inputs
  const refused = judgeFields(body, RULES) ?? judgeFormat(body)
  if (refused) return refused
  return {
    kind: 'request',
    model,
    isStream: false,
    wantsUsage: true,
    wantsContinuousUsage: false,
    outputTokensMax: 0,
    choices: 1,
    inputs,
    bodyBytes: bytes.length,
    hasOpaqueInput: false,
    needs: { tools: false, images: false, tier: null },
    body,
  }
}
