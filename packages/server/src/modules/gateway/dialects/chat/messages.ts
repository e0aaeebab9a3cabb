/** What `messages` must look like, in OpenAI's words, and whether they carry more than text. */
import { isObject } from '../../json.ts'
import { invalidRequest, type Refusal } from '../../refusal.ts'
import { missingParameter, wrongType } from '../field-rules.ts'

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer']
const TEXT_PARTS = new Set(['text', 'refusal'])

function judgeParts(parts: readonly unknown[], param: string): Refusal | null {
  for (const [index, part] of parts.entries()) {
    const at = `${param}[${index}]`
    if (!isObject(part)) return wrongType(at, 'an object', part)
    if (typeof part['type'] !== 'string')
      return part['type'] === undefined
        ? missingParameter(`${at}.type`)
        : wrongType(`${at}.type`, 'a string', part['type'])
    if (part['type'] === 'text' && typeof part['text'] !== 'string')
      return part['text'] === undefined
        ? missingParameter(`${at}.text`)
        : wrongType(`${at}.text`, 'a string', part['text'])
  }
  return null
}

function judgeContent(message: Readonly<Record<string, unknown>>, param: string): Refusal | null {
  const content = message['content']
  if (typeof content === 'string') return null
  if (Array.isArray(content)) return judgeParts(content, param)
  // An assistant's turn may be calls of tools alone.
  const isTurnWithoutText = message['role'] === 'assistant' || message['role'] === 'function'
  if (content === undefined || content === null) {
    if (isTurnWithoutText) return null
    if (content === undefined) return missingParameter(param)
  }
  return wrongType(param, 'one of a string or array of objects', content)
}

function judgeMessage(message: unknown, param: string): Refusal | null {
  if (!isObject(message)) return wrongType(param, 'an object', message)
  const role = message['role']
  if (role === undefined) return missingParameter(`${param}.role`)
  if (typeof role !== 'string') return wrongType(`${param}.role`, 'a string', role)
  if (!ROLES.includes(role)) {
    const known = ROLES.map((name) => `'${name}'`).join(', ')
    return invalidRequest(
      `Invalid value: '${role.slice(0, 40)}'. Supported values are: ${known}.`,
      {
        param: `${param}.role`,
        code: 'invalid_value',
      },
    )
  }
  return judgeContent(message, `${param}.content`)
}

export function judgeMessages(messages: unknown): Refusal | null {
  if (messages === undefined) return missingParameter('messages')
  if (!Array.isArray(messages)) return wrongType('messages', 'an array of objects', messages)
  if (messages.length === 0)
    return invalidRequest(
      `Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      { param: 'messages', code: 'empty_array' },
    )
  for (let index = 0; index < messages.length; index++) {
    const refused = judgeMessage(messages[index], `messages[${index}]`)
    if (refused) return refused
  }
  return null
}

interface Content {
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[] | null
}

/** Whether something other than text is in the prompt: its tokens cannot be bounded by its bytes. */
export function hasOpaqueInput(messages: readonly Content[]): boolean {
  return messages.some(
    ({ content }) =>
      Array.isArray(content) &&
      content.some((part: { type: string }) => !TEXT_PARTS.has(part.type)),
  )
}
