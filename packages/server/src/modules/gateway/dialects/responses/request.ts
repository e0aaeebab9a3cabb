/** A request of the Responses API, judged. Prompts and answers are not stored, so whatever needs that is refused. */
import type { Json, ModelRequest } from '../../frame/dialect.ts'
import { isObject, parseBody } from '../../json.ts'
import { invalidRequest, malformedJson, type Refusal } from '../../refusal.ts'
import { hasOpaqueInput } from '../chat/messages.ts'
import { judgeFields, missingParameter, type Rules, wrongType } from '../field-rules.ts'
import { notStored, unsupported } from './refused.ts'
import { SENT, toChat } from './to-chat.ts'

const RULES: Rules = {
  stream: { type: 'boolean' },
  stream_options: { type: 'object' },
  store: { type: 'boolean' },
  background: { type: 'boolean' },
  instructions: { type: 'string' },
  max_output_tokens: { type: 'integer', min: 1 },
  temperature: { type: 'decimal', min: 0, max: 2 },
  top_p: { type: 'decimal', min: 0, max: 1 },
  top_logprobs: { type: 'integer', min: 0, max: 20 },
  parallel_tool_calls: { type: 'boolean' },
  reasoning: { type: 'object' },
  text: { type: 'object' },
  metadata: { type: 'object' },
  service_tier: { type: 'string' },
  truncation: { type: 'string' },
  user: { type: 'string' },
}

/** Fields that only say how the answer is to be shown or remembered, or bound what no tool here does. */
const NOTED = new Set([
  ...['store', 'background', 'metadata', 'stream_options', 'truncation', 'max_tool_calls'],
  ...['prompt_cache_retention', 'prompt_cache_options', 'service_tier'],
  ...['previous_response_id', 'conversation', 'prompt'],
])

/** What needs something stored, unless it says that nothing is. */
function judgeStored(body: Json): Refusal | null {
  for (const name of ['store', 'background'] as const)
    if (body[name] === true) return notStored(name)
  for (const name of ['previous_response_id', 'conversation', 'prompt'] as const)
    if (body[name] !== undefined && body[name] !== null) return notStored(name)
  return null
}

function judgeNames(body: Json): Refusal | null {
  for (const name in body) {
    if (SENT.has(name) || NOTED.has(name)) continue
    if (body[name] === null) continue
    return invalidRequest(`Unknown parameter: '${name.slice(0, 80)}'.`, {
      param: name,
      code: 'unknown_parameter',
    })
  }
  return null
}

function judge(body: Json): Refusal | null {
  const { model, truncation } = body
  if (model === undefined || model === '') return missingParameter('model')
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  const refused = judgeFields(body, RULES) ?? judgeStored(body) ?? judgeNames(body)
  if (refused) return refused
  const isLeftWhole = truncation === undefined || truncation === null || truncation === 'disabled'
  return isLeftWhole ? null : unsupported('truncation', 'A conversation that is cut to fit')
}

/** Reads the body of `POST /v1/responses`, or of its `input_tokens`. */
export function parseResponses(bytes: Uint8Array): ModelRequest | Refusal {
  const body = parseBody(bytes)
  if (!isObject(body)) return malformedJson()
  const refused = judge(body)
  if (refused) return refused
  const translated = toChat(body)
  if ('refusal' in translated) return translated.refusal
  const { chat } = translated
  const isOpaque = hasOpaqueInput(chat['messages'] as [])
  return {
    kind: 'request',
    model: body['model'] as string,
    isStream: body['stream'] === true,
    wantsUsage: true,
    wantsContinuousUsage: false,
    outputTokensMax: (body['max_output_tokens'] as number | null | undefined) ?? null,
    choices: 1,
    // The server gets the translation, which may be the longer one.
    bodyBytes: Math.max(bytes.length, Buffer.byteLength(JSON.stringify(chat))),
    hasOpaqueInput: isOpaque,
    needs: {
      tools: 'tools' in chat,
      images: isOpaque,
      tier: (body['service_tier'] as string | null | undefined) ?? null,
    },
    body,
    chat,
  }
}
