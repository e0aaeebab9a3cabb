/**
 * The body of a chat completion as a request of Anthropic's messages. What messages have no place for and what would
 * change the answer is refused; what is only a wish (seed, user, effort) is left out.
 */
import type { Json } from '../../frame/dialect.ts'
import { isObject, parseJson } from '../../json.ts'
import { invalidRequest, type Refusal } from '../../refusal.ts'

class Unsupported extends Error {
  readonly param: string

  constructor(param: string) {
    super(`The server behind this model cannot take '${param}' as it is here.`)
    this.param = param
  }
}

/** A message needs a bound; the least that every model of theirs may give. */
const OUTPUT_TOKENS_DEFAULT = 4096

/** Fields that have no counterpart, and the values at which they mean nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  logprobs: [false],
  top_logprobs: [0],
  presence_penalty: [0],
  frequency_penalty: [0],
  audio: [],
  functions: [],
  function_call: [],
}

function imageOf(part: Json): Json {
  const image = isObject(part['image_url']) ? part['image_url'] : {}
  const url = typeof image['url'] === 'string' ? image['url'] : ''
  const inline = /^data:([^;,]+);base64,(.*)$/s.exec(url)
  if (inline)
    return { type: 'image', source: { type: 'base64', media_type: inline[1], data: inline[2] } }
  return { type: 'image', source: { type: 'url', url } }
}

function blocksOf(content: unknown): readonly Json[] {
  if (content === null || content === undefined || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return (content as readonly Json[]).map((part) => {
    if (part['type'] === 'text') return { type: 'text', text: part['text'] }
    if (part['type'] === 'refusal') return { type: 'text', text: part['refusal'] }
    if (part['type'] === 'image_url') return imageOf(part)
    throw new Unsupported('messages')
  })
}

/** What the gateway does not judge may be anything. */
function objectsIn(value: unknown, param: string): readonly Json[] {
  const list: unknown = value ?? []
  if (!Array.isArray(list) || !list.every(isObject)) throw new Unsupported(param)
  return list
}

function callsOf(message: Json): readonly Json[] {
  return objectsIn(message['tool_calls'], 'messages').map((call) => {
    const called = isObject(call['function']) ? call['function'] : {}
    const written = called['arguments']
    const input = parseJson(typeof written === 'string' && written !== '' ? written : '{}')
    return { type: 'tool_use', id: call['id'], name: called['name'], input: input ?? {} }
  })
}

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Json[]
}

function turnOf(message: Json): Turn {
  if (message['role'] === 'assistant')
    return {
      role: 'assistant',
      content: [...blocksOf(message['content']), ...callsOf(message)],
    }
  if (message['role'] !== 'tool')
    return { role: 'user', content: [...blocksOf(message['content'])] }
  const result = { type: 'tool_result', tool_use_id: message['tool_call_id'] }
  return { role: 'user', content: [{ ...result, content: blocksOf(message['content']) }] }
}

/** Turns take turns: several in a row of one side become one. */
function turnsOf(messages: readonly Json[]): readonly Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    const turn = turnOf(message)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else if (turn.content.length > 0) turns.push(turn)
  }
  return turns
}

function toolsOf({ tools, tool_choice: choice, parallel_tool_calls: isParallel }: Json): Json {
  const given = objectsIn(tools, 'tools')
  if (given.length === 0) return {}
  const isSerial = isParallel === false ? { disable_parallel_tool_use: true } : {}
  const chosen = isObject(choice) && isObject(choice['function']) ? choice['function'] : null
  const type = chosen ? 'tool' : choice === 'required' ? 'any' : (choice ?? 'auto')
  const named = chosen ? { name: chosen['name'] } : {}
  return {
    tools: given.map((tool) => {
      if (!isObject(tool['function'])) throw new Unsupported('tools')
      const { name, description, parameters } = tool['function']
      const schema = parameters ?? { type: 'object', properties: {} }
      return { name, ...(description ? { description } : {}), input_schema: schema }
    }),
    tool_choice: { type, ...named, ...(type === 'none' ? {} : isSerial) },
  }
}

function formatOf(format: unknown): Json {
  if (!isObject(format) || format['type'] === 'text') return {}
  const wanted = format['json_schema']
  if (format['type'] !== 'json_schema' || !isObject(wanted))
    throw new Unsupported('response_format')
  return { output_config: { format: { type: 'json_schema', schema: wanted['schema'] } } }
}

function refuseMeaningful(chat: Json): void {
  for (const [name, values] of Object.entries(NEUTRAL)) {
    const value = chat[name]
    if (value !== undefined && value !== null && !values.includes(value))
      throw new Unsupported(name)
  }
  if (isObject(chat['logit_bias']) && Object.keys(chat['logit_bias']).length > 0)
    throw new Unsupported('logit_bias')
}

function convert(chat: Json, model: string): Json {
  refuseMeaningful(chat)
  const messages = chat['messages'] as readonly Json[]
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer'
  const system = messages.filter(isSystem).flatMap(({ content }) => blocksOf(content))
  const { temperature, top_p, top_k, stop, stream, user } = chat
  const taken: Record<string, unknown> = {
    model,
    max_tokens: chat['max_completion_tokens'] ?? chat['max_tokens'] ?? OUTPUT_TOKENS_DEFAULT,
    system: system.length > 0 ? system : null,
    messages: turnsOf(messages.filter((message) => !isSystem(message))),
    temperature: typeof temperature === 'number' ? Math.min(1, temperature) : null,
    top_p,
    top_k,
    stop_sequences: typeof stop === 'string' ? [stop] : stop,
    stream,
    metadata: typeof user === 'string' ? { user_id: user } : null,
    ...toolsOf(chat),
    ...formatOf(chat['response_format']),
  }
  for (const [name, value] of Object.entries(taken))
    if (value === undefined || value === null) delete taken[name]
  return taken
}

export function fromChat(chat: Json, model: string): Json | Refusal {
  try {
    return convert(chat, model)
  } catch (failure) {
    if (!(failure instanceof Unsupported)) throw failure
    return invalidRequest(failure.message, { param: failure.param, code: 'unsupported_parameter' })
  }
}
