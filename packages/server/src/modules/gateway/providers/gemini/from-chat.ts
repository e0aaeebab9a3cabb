/**
 * The body of a chat completion as a request of Gemini's. What it has no place for and what would change the answer is
 * refused; what is only a wish (user, effort) is left out.
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
  audio: [],
  functions: [],
  function_call: [],
  parallel_tool_calls: [true],
}

function partOf(part: Json): Json {
  if (part['type'] === 'text') return { text: part['text'] }
  if (part['type'] === 'refusal') return { text: part['refusal'] }
  const image = isObject(part['image_url']) ? part['image_url'] : {}
  const url = typeof image['url'] === 'string' ? image['url'] : ''
  const inline = /^data:([^;,]+);base64,(.*)$/s.exec(url)
  // It fetches nothing by address but what was put into its own store.
  if (part['type'] !== 'image_url' || !inline) throw new Unsupported('messages')
  return { inlineData: { mimeType: inline[1], data: inline[2] } }
}

function partsOf(content: unknown): readonly Json[] {
  if (content === null || content === undefined || content === '') return []
  if (typeof content === 'string') return [{ text: content }]
  return objectsIn(content, 'messages').map(partOf)
}

/** What the gateway does not judge may be anything. */
function objectsIn(value: unknown, param: string): readonly Json[] {
  const list: unknown = value ?? []
  if (!Array.isArray(list) || !list.every(isObject)) throw new Unsupported(param)
  return list
}

interface Turn {
  readonly role: 'user' | 'model'
  readonly parts: Json[]
}

/** A result names the function that was called, where a chat names the call. */
type Called = Map<unknown, unknown>

function callsOf(message: Json, called: Called): readonly Json[] {
  return objectsIn(message['tool_calls'], 'messages').map((call) => {
    const { name, arguments: written } = isObject(call['function']) ? call['function'] : {}
    const args = parseJson(typeof written === 'string' && written !== '' ? written : '{}')
    if (!isObject(args)) throw new Unsupported('messages')
    called.set(call['id'], name)
    return { functionCall: { name, args } }
  })
}

function resultOf(message: Json, called: Called): Json {
  const name = called.get(message['tool_call_id'])
  if (name === undefined) throw new Unsupported('messages')
  const texts = partsOf(message['content']).map(({ text }) => text)
  if (!texts.every((text) => typeof text === 'string')) throw new Unsupported('messages')
  const said = texts.join('')
  const json = parseJson(said)
  return { functionResponse: { name, response: isObject(json) ? json : { result: said } } }
}

function turnOf(message: Json, called: Called): Turn {
  const { role, content } = message
  if (role === 'tool') return { role: 'user', parts: [resultOf(message, called)] }
  if (role !== 'assistant') return { role: 'user', parts: [...partsOf(content)] }
  return { role: 'model', parts: [...partsOf(content), ...callsOf(message, called)] }
}

/** Turns take turns: several in a row of one side become one. */
function turnsOf(messages: readonly Json[]): readonly Turn[] {
  const turns: Turn[] = []
  const called: Called = new Map()
  for (const message of messages) {
    const turn = turnOf(message, called)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.parts.push(...turn.parts)
    else if (turn.parts.length > 0) turns.push(turn)
  }
  return turns
}

const MODES: Readonly<Record<string, string>> = { auto: 'AUTO', required: 'ANY', none: 'NONE' }

function toolsOf({ tools, tool_choice: choice }: Json): Json {
  const given = objectsIn(tools, 'tools')
  if (given.length === 0) return {}
  const functionDeclarations = given.map((tool) => {
    if (!isObject(tool['function'])) throw new Unsupported('tools')
    const { name, description, parameters } = tool['function']
    const schema = isObject(parameters) ? { parametersJsonSchema: parameters } : {}
    return { name, ...(description ? { description } : {}), ...schema }
  })
  const chosen = isObject(choice) && isObject(choice['function']) ? choice['function'] : null
  const mode = chosen ? 'ANY' : MODES[typeof choice === 'string' ? choice : 'auto']
  if (mode === undefined || (isObject(choice) && !chosen)) throw new Unsupported('tool_choice')
  const only = chosen ? { allowedFunctionNames: [chosen['name']] } : {}
  return {
    tools: [{ functionDeclarations }],
    toolConfig: { functionCallingConfig: { mode, ...only } },
  }
}

function formatOf(format: unknown): Json {
  if (!isObject(format) || format['type'] === 'text') return {}
  const responseMimeType = 'application/json'
  if (format['type'] === 'json_object') return { responseMimeType }
  const wanted = format['json_schema']
  if (format['type'] !== 'json_schema' || !isObject(wanted))
    throw new Unsupported('response_format')
  return { responseMimeType, responseJsonSchema: wanted['schema'] }
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

function configOf(chat: Json): Json {
  const { stop } = chat
  return filled({
    maxOutputTokens: chat['max_completion_tokens'] ?? chat['max_tokens'],
    temperature: chat['temperature'],
    topP: chat['top_p'],
    topK: chat['top_k'],
    seed: chat['seed'],
    presencePenalty: chat['presence_penalty'],
    frequencyPenalty: chat['frequency_penalty'],
    stopSequences: typeof stop === 'string' ? [stop] : stop,
    ...formatOf(chat['response_format']),
  })
}

function convert(chat: Json): Json {
  refuseMeaningful(chat)
  const messages = chat['messages'] as readonly Json[]
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer'
  const system = messages.filter(isSystem).flatMap(({ content }) => partsOf(content))
  return filled({
    systemInstruction: system.length > 0 ? { parts: system } : null,
    contents: turnsOf(messages.filter((message) => !isSystem(message))),
    generationConfig: configOf(chat),
    ...toolsOf(chat),
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
