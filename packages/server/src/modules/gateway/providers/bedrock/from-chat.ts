/**
 * The body of a chat completion as a request of Converse. What it has no place for and what would change the answer is
 * refused; what is only a wish (seed, user, effort) is left out.
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

/** Fields that have no counterpart, and the values at which they mean nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  logprobs: [false],
  top_logprobs: [0],
  presence_penalty: [0],
  frequency_penalty: [0],
  top_k: [],
  audio: [],
  functions: [],
  function_call: [],
  parallel_tool_calls: [true],
}

const FORMATS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

function imageOf(part: Json): Json {
  const image = isObject(part['image_url']) ? part['image_url'] : {}
  const url = typeof image['url'] === 'string' ? image['url'] : ''
  const [, type = '', bytes] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  const format = FORMATS[type.toLowerCase()]
  // It fetches nothing by address but what lies in its own store.
  if (format === undefined || bytes === undefined) throw new Unsupported('messages')
  return { image: { format, source: { bytes } } }
}

function blockOf(part: Json): Json {
  if (part['type'] === 'text') return { text: part['text'] }
  if (part['type'] === 'refusal') return { text: part['refusal'] }
  if (part['type'] === 'image_url') return imageOf(part)
  throw new Unsupported('messages')
}

/** It refuses a text that says nothing. */
const isSaying = ({ text }: Json): boolean => typeof text !== 'string' || text.trim() !== ''

function blocksOf(content: unknown): readonly Json[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return [{ text: content }].filter(isSaying)
  return objectsIn(content, 'messages').map(blockOf).filter(isSaying)
}

/** What the gateway does not judge may be anything. */
function objectsIn(value: unknown, param: string): readonly Json[] {
  const list: unknown = value ?? []
  if (!Array.isArray(list) || !list.every(isObject)) throw new Unsupported(param)
  return list
}

function callsOf(message: Json): readonly Json[] {
  return objectsIn(message['tool_calls'], 'messages').map((call) => {
    const { name, arguments: written } = isObject(call['function']) ? call['function'] : {}
    const input = parseJson(typeof written === 'string' && written !== '' ? written : '{}')
    if (!isObject(input)) throw new Unsupported('messages')
    return { toolUse: { toolUseId: call['id'], name, input } }
  })
}

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Json[]
}

function turnOf(message: Json): Turn {
  const { role, content, tool_call_id: toolUseId } = message
  const blocks = blocksOf(content)
  if (role === 'assistant') return { role, content: [...blocks, ...callsOf(message)] }
  if (role !== 'tool') return { role: 'user', content: [...blocks] }
  return { role: 'user', content: [{ toolResult: { toolUseId, content: blocks } }] }
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

const CHOICES: Readonly<Record<string, Json>> = { auto: { auto: {} }, required: { any: {} } }

function choiceOf(choice: unknown): Json {
  if (isObject(choice) && isObject(choice['function']))
    return { tool: { name: choice['function']['name'] } }
  const found = CHOICES[typeof choice === 'string' ? choice : 'auto']
  // It has no word for a model that may call none of its tools.
  if (found === undefined || isObject(choice)) throw new Unsupported('tool_choice')
  return found
}

function toolsOf({ tools, tool_choice: choice }: Json, hasCalls: boolean): Json | null {
  const given = objectsIn(tools, 'tools')
  if (given.length === 0 || (choice === 'none' && !hasCalls)) return null
  return {
    tools: given.map((tool) => {
      if (!isObject(tool['function'])) throw new Unsupported('tools')
      const { name, description, parameters } = tool['function']
      const json = isObject(parameters) ? parameters : { type: 'object', properties: {} }
      const said = description ? { description } : {}
      return { toolSpec: { name, ...said, inputSchema: { json } } }
    }),
    toolChoice: choiceOf(choice ?? 'auto'),
  }
}

function formatOf(format: unknown): Json | null {
  if (!isObject(format) || format['type'] === 'text') return null
  const wanted = format['json_schema']
  if (format['type'] !== 'json_schema' || !isObject(wanted) || !isObject(wanted['schema']))
    throw new Unsupported('response_format')
  const { name } = wanted
  const jsonSchema = { schema: JSON.stringify(wanted['schema']), ...(name ? { name } : {}) }
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
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

/** Without what says nothing. */
const filled = (json: Json): Json =>
  Object.fromEntries(Object.entries(json).filter(([, value]) => (value ?? null) !== null))

function configOf({ stop, temperature, ...chat }: Json): Json | null {
  const config = filled({
    maxTokens: chat['max_completion_tokens'] ?? chat['max_tokens'],
    temperature: typeof temperature === 'number' ? Math.min(1, temperature) : null,
    topP: chat['top_p'],
    stopSequences: typeof stop === 'string' ? [stop] : stop,
  })
  return Object.keys(config).length > 0 ? config : null
}

function convert(chat: Json): Json {
  refuseMeaningful(chat)
  const messages = chat['messages'] as readonly Json[]
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer'
  const system = messages.filter(isSystem).flatMap(({ content }) => blocksOf(content))
  const turns = turnsOf(messages.filter((message) => !isSystem(message)))
  const hasCalls = turns.some(({ content }) => content.some((block) => 'toolUse' in block))
  return filled({
    messages: turns,
    system: system.length > 0 ? system : null,
    inferenceConfig: configOf(chat),
    toolConfig: toolsOf(chat, hasCalls),
    outputConfig: formatOf(chat['response_format']),
  })
}

export function fromChat(chat: Json): Json | Refusal {
  try {
    return convert(chat)
  } catch (failure) {
    if (!(failure instanceof Unsupported)) throw failure
    return invalidRequest(failure.message, { param: failure.param, code: 'unsupported_parameter' })
  }
}
