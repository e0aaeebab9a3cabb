/** The input of the Responses API as the messages of a chat: items become turns, calls of one turn stand together. */
import type { Json } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'
import { missingParameter, wrongType } from '../field-rules.ts'
import { itemNotStored, refuse, unsupported } from './refused.ts'

/** A message of a chat while its turn goes on. */
interface Message {
  readonly role: string
  content: unknown
  tool_calls?: Json[]
  readonly tool_call_id?: string
}

function textIn(json: Json, field: string, at: string): string {
  const value = json[field]
  if (typeof value === 'string') return value
  return refuse(
    value === undefined
      ? missingParameter(`${at}.${field}`)
      : wrongType(`${at}.${field}`, 'a string', value),
  )
}

function imageOf(part: Json, at: string): Json {
  const { image_url: url, file_id: fileId, detail } = part
  if (url === undefined && typeof fileId === 'string')
    refuse(unsupported(`${at}.file_id`, 'An image by the id of a file'))
  textIn(part, 'image_url', at)
  const wish = typeof detail === 'string' ? { detail } : {}
  return { type: 'image_url', image_url: { url, ...wish } }
}

function fileOf(part: Json, at: string): Json {
  const { file_data: data, filename } = part
  if (typeof data !== 'string') refuse(unsupported(at, 'A file that is not inline (file_data)'))
  return {
    type: 'file',
    file: { file_data: data, ...(filename === undefined ? {} : { filename }) },
  }
}

function partOf(part: unknown, at: string): Json {
  if (!isObject(part)) return refuse(wrongType(at, 'an object', part))
  const type = textIn(part, 'type', at)
  if (type === 'input_text' || type === 'output_text' || type === 'text')
    return { type: 'text', text: textIn(part, 'text', at) }
  if (type === 'refusal') return { type: 'text', text: textIn(part, 'refusal', at) }
  if (type === 'input_image') return imageOf(part, at)
  if (type === 'input_file') return fileOf(part, at)
  return refuse(unsupported(`${at}.type`, `Content of type '${type.slice(0, 40)}'`))
}

function partsOf(content: unknown, at: string): readonly Json[] {
  if (content === undefined || content === null) return refuse(missingParameter(at))
  if (!Array.isArray(content))
    return refuse(wrongType(at, 'a string or an array of objects', content))
  return content.map((part, index) => partOf(part, `${at}[${index}]`))
}

/** Text alone is understood by more servers than a list with one text in it. */
function contentOf(content: unknown, at: string): unknown {
  if (typeof content === 'string') return content
  const parts = partsOf(content, at)
  const isText = parts.every((part) => part['type'] === 'text')
  return isText ? parts.map((part) => String(part['text'])).join('\n') : parts
}

function textOf(content: unknown, at: string): string {
  const told = contentOf(content, at)
  return typeof told === 'string'
    ? told
    : refuse(
        unsupported(at, 'Anything but text in the turn of an assistant or the output of a tool'),
      )
}

/** What an assistant says and calls in one turn is one message of a chat. */
function assistantTurn(messages: Message[]): Message {
  const last = messages.at(-1)
  if (last?.role === 'assistant') return last
  const turn: Message = { role: 'assistant', content: null }
  messages.push(turn)
  return turn
}

const ROLES = new Set(['user', 'assistant', 'system', 'developer'])

function addMessage(messages: Message[], item: Json, at: string): void {
  const role = textIn(item, 'role', at)
  if (!ROLES.has(role)) refuse(unsupported(`${at}.role`, `The role '${role.slice(0, 40)}'`))
  const { content } = item
  if (role !== 'assistant')
    return void messages.push({ role, content: contentOf(content, `${at}.content`) })
  const text = textOf(content, `${at}.content`)
  const turn = assistantTurn(messages)
  turn.content = typeof turn.content === 'string' ? `${turn.content}\n${text}` : text
}

function addCall(messages: Message[], item: Json, at: string): void {
  const [id, name] = [textIn(item, 'call_id', at), textIn(item, 'name', at)]
  const called = { name, arguments: textIn(item, 'arguments', at) }
  const turn = assistantTurn(messages)
  turn.tool_calls = [...(turn.tool_calls ?? []), { id, type: 'function', function: called }]
}

/** Servers leave out what was reasoned in earlier turns, so that it need not be there and may be only named. */
function isReasoning({ type, id }: Json): boolean {
  return type === 'reasoning' || (type === 'item_reference' && String(id).startsWith('rs_'))
}

function addItem(messages: Message[], item: unknown, at: string): void {
  if (!isObject(item)) return refuse(wrongType(at, 'an object', item))
  const { type = 'message' } = item
  if (type === 'message') return addMessage(messages, item, at)
  if (type === 'function_call') return addCall(messages, item, at)
  if (isReasoning(item)) return
  if (type === 'item_reference') refuse(itemNotStored(at, String(item['id'])))
  if (type !== 'function_call_output')
    refuse(unsupported(`${at}.type`, `An item of type '${String(type).slice(0, 40)}'`))
  const content = textOf(item['output'], `${at}.output`)
  messages.push({ role: 'tool', tool_call_id: textIn(item, 'call_id', at), content })
}

/** Throws `Refused` for what a chat has no place for. */
export function messagesOf(input: unknown, instructions: unknown): readonly Json[] {
  const messages: Message[] = []
  if (typeof instructions === 'string') messages.push({ role: 'system', content: instructions })
  if (typeof input === 'string') messages.push({ role: 'user', content: input })
  else if (Array.isArray(input))
    for (const [index, item] of input.entries()) addItem(messages, item, `input[${index}]`)
  else
    refuse(
      input === undefined
        ? missingParameter('input')
        : wrongType('input', 'a string or an array of objects', input),
    )
  if (messages.length === 0) refuse(missingParameter('input'))
  return messages.map((message) => ({ ...message }))
}
