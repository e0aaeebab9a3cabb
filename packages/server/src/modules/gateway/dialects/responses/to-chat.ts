/**
 * A request of the Responses API as the body of a chat completion. What a chat has no place for, or what would need
 * something stored, is refused by name; nothing that would change the answer is dropped.
 */
import type { Json } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'
import type { Refusal } from '../../refusal.ts'
import { missingParameter, wrongType } from '../field-rules.ts'
import { messagesOf } from './input.ts'
import { Refused, refuse, unsupported } from './refused.ts'

/** Fields that mean the same in both. */
const SAME = [
  ...['model', 'stream', 'temperature', 'top_p', 'top_k', 'min_p', 'seed', 'stop'],
  ...['presence_penalty', 'frequency_penalty', 'repetition_penalty', 'logit_bias'],
  ...['parallel_tool_calls', 'user', 'prompt_cache_key', 'safety_identifier'],
] as const

function toolOf(tool: unknown, at: string): Json {
  if (!isObject(tool)) return refuse(wrongType(at, 'an object', tool))
  const { type, name, description, parameters, strict } = tool
  if (type !== 'function')
    return refuse(unsupported(`${at}.type`, `A tool of type '${String(type).slice(0, 40)}'`))
  if (typeof name !== 'string') return refuse(missingParameter(`${at}.name`))
  const asked = { name, description, parameters, strict }
  return { type: 'function', function: withoutAbsent(asked) }
}

function choiceOf(choice: unknown): unknown {
  if (typeof choice === 'string') return choice
  if (!isObject(choice)) return refuse(wrongType('tool_choice', 'a string or an object', choice))
  const { type, name } = choice
  if (type === 'function' && typeof name === 'string') return { type, function: { name } }
  return refuse(
    unsupported('tool_choice', `A choice of tools of type '${String(type).slice(0, 40)}'`),
  )
}

function toolsOf({ tools, tool_choice: choice }: Json): Json {
  if (tools === undefined || tools === null) return {}
  if (!Array.isArray(tools)) return refuse(wrongType('tools', 'an array of objects', tools))
  if (tools.length === 0) return {}
  const translated = tools.map((tool, index) => toolOf(tool, `tools[${index}]`))
  const isChosen = choice !== undefined && choice !== null
  return { tools: translated, ...(isChosen ? { tool_choice: choiceOf(choice) } : {}) }
}

function formatOf(text: unknown): Json {
  if (!isObject(text)) return {}
  const { format, verbosity } = text
  const wish = typeof verbosity === 'string' ? { verbosity } : {}
  if (format === undefined || format === null) return wish
  if (!isObject(format)) return refuse(wrongType('text.format', 'an object', format))
  const { type, name, schema, strict, description } = format
  if (type === 'text') return wish
  if (type === 'json_object') return { ...wish, response_format: { type } }
  if (type !== 'json_schema')
    return refuse(
      unsupported('text.format.type', `A format of type '${String(type).slice(0, 40)}'`),
    )
  if (!isObject(schema)) return refuse(missingParameter('text.format.schema'))
  const wanted = withoutAbsent({ name: name ?? 'answer', schema, strict, description })
  return { ...wish, response_format: { type, json_schema: wanted } }
}

function logprobsOf({ include, top_logprobs: top }: Json): Json {
  if (typeof top === 'number' && top > 0) return { logprobs: true, top_logprobs: top }
  const isWanted = Array.isArray(include) && include.includes('message.output_text.logprobs')
  return isWanted ? { logprobs: true } : {}
}

function effortOf(reasoning: unknown): Json {
  const effort = isObject(reasoning) ? reasoning['effort'] : undefined
  return typeof effort === 'string' ? { reasoning_effort: effort } : {}
}

function withoutAbsent(json: Json): Json {
  const given = Object.entries(json).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(given)
}

/** Of a body whose fields have the right types. */
export function toChat(body: Json): { readonly chat: Json } | { readonly refusal: Refusal } {
  try {
    const same = SAME.map((name) => [name, body[name]] as const)
    const messages = messagesOf(body['input'], body['instructions'])
    const chat = {
      ...withoutAbsent(Object.fromEntries(same)),
      messages,
      // The older name of the two that bound an answer: a server that knew neither would not be bounded.
      ...withoutAbsent({ max_tokens: body['max_output_tokens'] }),
      ...toolsOf(body),
      ...formatOf(body['text']),
      ...effortOf(body['reasoning']),
      ...logprobsOf(body),
    }
    return { chat }
  } catch (failure) {
    if (!(failure instanceof Refused)) throw failure
    return { refusal: failure.refusal }
  }
}

/** Every field that is sent on. */
export const SENT: ReadonlySet<string> = new Set([
  ...SAME,
  ...['input', 'instructions', 'tools', 'tool_choice', 'text', 'reasoning', 'include'],
  ...['top_logprobs', 'max_output_tokens'],
])
