/** A request of Anthropic's messages, judged. What is not judged here, the model's server judges. */
import type { ModelRequest } from '../../frame/dialect.ts'
import { isObject, parseBody } from '../../json.ts'
import { invalidRequest, malformedJson, type Refusal } from '../../refusal.ts'
import { judgeField, missingParameter, wrongType } from '../field-rules.ts'
import { toChat } from './to-chat.ts'

const RULES = {
  stream: { type: 'boolean' },
  temperature: { type: 'decimal', min: 0, max: 1 },
  top_p: { type: 'decimal', min: 0, max: 1 },
  top_k: { type: 'integer', min: 0 },
  metadata: { type: 'object' },
  thinking: { type: 'object' },
  tool_choice: { type: 'object' },
  service_tier: { type: 'string' },
} as const

/** Blocks whose tokens are bounded by their bytes. */
const TEXT_BLOCKS = new Set(['text', 'tool_use', 'tool_result', 'thinking', 'redacted_thinking'])

function judgeBlock(block: unknown, at: string): Refusal | null {
  if (!isObject(block)) return wrongType(at, 'an object', block)
  if (typeof block['type'] !== 'string') return missingParameter(`${at}.type`)
  if (block['type'] === 'text' && typeof block['text'] !== 'string')
    return wrongType(`${at}.text`, 'a string', block['text'])
  if (block['type'] === 'tool_result') return judgeContent(block['content'] ?? '', `${at}.content`)
  return null
}

function judgeContent(content: unknown, at: string): Refusal | null {
  if (typeof content === 'string') return null
  if (content === undefined) return missingParameter(at)
  if (!Array.isArray(content)) return wrongType(at, 'a string or an array of objects', content)
  for (const [index, block] of content.entries()) {
    const refused = judgeBlock(block, `${at}[${index}]`)
    if (refused) return refused
  }
  return null
}

function judgeMessages(messages: unknown): Refusal | null {
  if (messages === undefined) return missingParameter('messages')
  if (!Array.isArray(messages)) return wrongType('messages', 'an array of objects', messages)
  if (messages.length === 0)
    return invalidRequest(`'messages' needs at least one message.`, { param: 'messages' })
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    if (!isObject(message)) return wrongType(at, 'an object', message)
    const { role, content } = message
    if (role !== 'user' && role !== 'assistant')
      return invalidRequest(
        `'${at}.role' is 'user' or 'assistant'. What the system says goes to the top-level 'system'.`,
        { param: `${at}.role` },
      )
    const refused = judgeContent(content, `${at}.content`)
    if (refused) return refused
  }
  return null
}

function judgeTools(tools: unknown): Refusal | null {
  if (tools === undefined || tools === null) return null
  if (!Array.isArray(tools)) return wrongType('tools', 'an array of objects', tools)
  for (const [index, tool] of tools.entries()) {
    if (!isObject(tool)) return wrongType(`tools[${index}]`, 'an object', tool)
    if (typeof tool['name'] !== 'string') return missingParameter(`tools[${index}].name`)
  }
  return null
}

function judgeFields(body: Readonly<Record<string, unknown>>): Refusal | null {
  for (const [name, rule] of Object.entries(RULES)) {
    const refused = judgeField(name, rule, body[name])
    if (refused) return refused
  }
  const stops = body['stop_sequences']
  if (stops === undefined || stops === null || Array.isArray(stops)) return null
  return wrongType('stop_sequences', 'an array of strings', stops)
}

function judgeOutput({ max_tokens: max }: Readonly<Record<string, unknown>>): Refusal | null {
  if (max === undefined) return missingParameter('max_tokens')
  if (max === null) return wrongType('max_tokens', 'an integer', max)
  return judgeField('max_tokens', { type: 'integer', min: 1 }, max)
}

function judge(body: unknown, isCounting: boolean): Refusal | null {
  if (!isObject(body)) return malformedJson()
  const { model, system, messages, tools } = body
  if (model === undefined || model === '') return missingParameter('model')
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  return (
    (isCounting ? null : judgeOutput(body)) ??
    judgeMessages(messages) ??
    judgeContent(system ?? '', 'system') ??
    judgeTools(tools) ??
    judgeFields(body)
  )
}

/** Whether something other than text is in it, however deep. */
function hasOpaque(content: unknown): boolean {
  if (!Array.isArray(content)) return false
  return content.some(
    (block: Readonly<Record<string, unknown>>) =>
      !TEXT_BLOCKS.has(block['type'] as string) || hasOpaque(block['content']),
  )
}

/** Servers of another dialect get a longer body: its bytes count then. */
function bytesOf(body: Readonly<Record<string, unknown>>, received: number): number {
  const chat = toChat(body)
  return Math.max(received, Buffer.byteLength(JSON.stringify(chat)))
}

/** Reads the body of `POST /v1/messages`, or of its `count_tokens`. */
export function parseMessages(bytes: Uint8Array, purpose?: 'counting'): ModelRequest | Refusal {
  const parsed = parseBody(bytes)
  const refused = judge(parsed, purpose === 'counting')
  if (refused) return refused
  const body = parsed as Record<string, unknown>
  const messages = body['messages'] as readonly { readonly content: unknown }[]
  const tools = (body['tools'] ?? []) as readonly Readonly<Record<string, unknown>>[]
  // A tool of the server's own may bring in more than was sent.
  const isOpaque =
    messages.some(({ content }) => hasOpaque(content)) ||
    tools.some(({ type = 'custom' }) => type !== 'custom')
  return {
    kind: 'request',
    model: body['model'] as string,
    isStream: body['stream'] === true,
    wantsUsage: true,
    wantsContinuousUsage: false,
    outputTokensMax: (body['max_tokens'] as number | undefined) ?? null,
    choices: 1,
    bodyBytes: bytesOf(body, bytes.length),
    hasOpaqueInput: isOpaque,
    needs: {
      tools: tools.length > 0,
      images: isOpaque,
      tier: (body['service_tier'] as string | null | undefined) ?? null,
    },
    body,
  }
}
