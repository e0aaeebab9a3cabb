/** A request of the older completions, judged: prompts that are continued, without turns. */
import type { Json, ModelRequest } from '../../frame/dialect.ts'
import { isObject, parseBody } from '../../json.ts'
import { invalidRequest, malformedJson, type Refusal } from '../../refusal.ts'
import { judgeStreamOptions } from '../chat/request.ts'
import { judgeFields, missingParameter, type Rules, wrongType } from '../field-rules.ts'
import { countPrompts } from '../prompts.ts'

const RULES: Rules = {
  stream: { type: 'boolean' },
  stream_options: { type: 'object' },
  max_tokens: { type: 'integer', min: 0 },
  n: { type: 'integer', min: 1, max: 128 },
  best_of: { type: 'integer', min: 1, max: 20 },
  logprobs: { type: 'integer', min: 0, max: 20 },
  echo: { type: 'boolean' },
  suffix: { type: 'string' },
  temperature: { type: 'decimal', min: 0, max: 2 },
  top_p: { type: 'decimal', min: 0, max: 1 },
  presence_penalty: { type: 'decimal', min: -2, max: 2 },
  frequency_penalty: { type: 'decimal', min: -2, max: 2 },
  seed: { type: 'integer' },
  user: { type: 'string' },
}

const PROMPTS = { param: 'prompt', max: 128, isEmptyAllowed: true }

const numberOf = (body: Json, name: string, absent: number): number =>
  (body[name] as number | null | undefined) ?? absent

function judgeTogether(body: Json): Refusal | null {
  const [n, bestOf] = [numberOf(body, 'n', 1), numberOf(body, 'best_of', 1)]
  if (body['stream'] === true && bestOf > 1)
    return invalidRequest(`The best of several cannot be streamed: leave out 'best_of'.`, {
      param: 'best_of',
    })
  if (bestOf > 1 && bestOf < n)
    return invalidRequest(`'best_of' must not be less than 'n'.`, { param: 'best_of' })
  if (body['max_tokens'] !== 0) return null
  if (body['echo'] === true && body['stream'] !== true) return null
  return invalidRequest(`'max_tokens' may be 0 only with 'echo', and not in a stream.`, {
    param: 'max_tokens',
    code: 'integer_below_min_value',
  })
}

/** Reads the body of `POST /v1/completions`. */
export function parseCompletions(bytes: Uint8Array): ModelRequest | Refusal {
  const body = parseBody(bytes)
  if (!isObject(body)) return malformedJson()
  const { model } = body
  if (model === undefined || model === '') return missingParameter('model')
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  const prompts = countPrompts(body['prompt'], PROMPTS)
  if (typeof prompts !== 'number') return prompts
  const refused = judgeFields(body, RULES) ?? judgeStreamOptions(body) ?? judgeTogether(body)
  if (refused) return refused
  const options = body['stream_options'] as Json | undefined | null
  return {
    kind: 'request',
    model,
    isStream: body['stream'] === true,
    wantsUsage: options?.['include_usage'] === true,
    wantsContinuousUsage: options?.['continuous_usage_stats'] === true,
    outputTokensMax: (body['max_tokens'] as number | null | undefined) ?? null,
    choices: prompts * Math.max(numberOf(body, 'n', 1), numberOf(body, 'best_of', 1)),
    inputs: prompts,
    bodyBytes: bytes.length,
    hasOpaqueInput: false,
    needs: {
      tools: false,
      images: false,
      tier: typeof body['service_tier'] === 'string' ? body['service_tier'] : null,
    },
    body,
  }
}
