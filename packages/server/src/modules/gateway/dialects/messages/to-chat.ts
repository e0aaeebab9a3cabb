/**
 * A judged request of Anthropic's messages as the body of a chat completion. What a chat has no place for is refused,
 * never dropped where it would change the answer; reasoning of earlier turns is left out, as servers do themselves.
 */
import { type Json } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'
import { invalidRequest, type Refusal } from '../../refusal.ts'

class Unsupported extends Error {}

const blocksOf = (content: unknown): readonly Json[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : ((content ?? []) as Json[])

function textOf(content: unknown): string {
  return blocksOf(content)
    .map((block) => (block['type'] === 'text' ? String(block['text']) : unsupported(block)))
    .join('\n')
}

function unsupported(block: Json): never {
  throw new Unsupported(`a block of type ${String(block['type'])}`)
}

function imageOf(block: Json): Json {
  const source = isObject(block['source']) ? block['source'] : {}
  const { type, media_type: mediaType, data, url } = source
  if (type === 'url' && typeof url === 'string') return { type: 'image_url', image_url: { url } }
  if (type === 'base64' && typeof data === 'string' && typeof mediaType === 'string')
    return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${data}` } }
  throw new Unsupported('an image of this source')
}

/** Results of tools come first: in a chat they answer the turn before. */
function fromUser(content: unknown): readonly Json[] {
  if (typeof content === 'string') return [{ role: 'user', content }]
  const results: Json[] = []
  const parts: Json[] = []
  for (const block of blocksOf(content)) {
    if (block['type'] === 'text') parts.push({ type: 'text', text: block['text'] })
    else if (block['type'] === 'image') parts.push(imageOf(block))
    else if (block['type'] === 'tool_result')
      results.push({
        role: 'tool',
        tool_call_id: block['tool_use_id'],
        content: textOf(block['content']),
      })
    else unsupported(block)
  }
  return parts.length === 0 ? results : [...results, { role: 'user', content: simplest(parts) }]
}

/** Text alone is understood by more servers than a list with one text in it. */
function simplest(parts: readonly Json[]): unknown {
  return parts.every((part) => part['type'] === 'text')
    ? parts.map((part) => String(part['text'])).join('\n')
    : parts
}

function fromAssistant(content: unknown): Json {
  const calls: Json[] = []
  const texts: string[] = []
  for (const block of blocksOf(content)) {
    const { type, id, name, input } = block
    if (type === 'text') texts.push(String(block['text']))
    else if (type === 'tool_use')
      calls.push({
        id,
        type: 'function',
        function: { name, arguments: JSON.stringify(input ?? {}) },
      })
    else if (type !== 'thinking' && type !== 'redacted_thinking') unsupported(block)
  }
  const text = texts.join('')
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}

function fromTool(tool: Json): Json {
  const { type = 'custom', name, description, input_schema: parameters } = tool
  if (type !== 'custom') throw new Unsupported(`a tool of type ${String(type)}`)
  return { type: 'function', function: { name, description, parameters } }
}

function fromChoice(choice: unknown): Json {
  if (!isObject(choice)) return {}
  const { type, name, disable_parallel_tool_use: isSerial } = choice
  const named = type === 'tool' ? { type: 'function', function: { name } } : type
  return {
    tool_choice: named === 'any' ? 'required' : named,
    ...(isSerial === true ? { parallel_tool_calls: false } : {}),
  }
}

function formatOf(config: unknown): Json {
  const format = isObject(config) ? config['format'] : undefined
  if (!isObject(format)) return {}
  const { schema } = format
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
  }
}

function convert(body: Json): Json {
  const system = textOf(body['system'] ?? '')
  const messages = (body['messages'] as readonly Json[]).flatMap(({ role, content }) =>
    role === 'user' ? fromUser(content) : [fromAssistant(content)],
  )
  const tools = body['tools']
  const { user_id: user } = isObject(body['metadata']) ? body['metadata'] : {}
  const taken: Record<string, unknown> = {
    model: body['model'],
    messages: system === '' ? messages : [{ role: 'system', content: system }, ...messages],
    max_tokens: body['max_tokens'],
    stream: body['stream'],
    temperature: body['temperature'],
    top_p: body['top_p'],
    top_k: body['top_k'],
    stop: body['stop_sequences'],
    user,
    ...(Array.isArray(tools) && tools.length > 0
      ? { tools: (tools as readonly Json[]).map(fromTool), ...fromChoice(body['tool_choice']) }
      : {}),
    ...formatOf(body['output_config']),
  }
  for (const [name, value] of Object.entries(taken))
    if (value === undefined || value === null) delete taken[name]
  return taken
}

export function toChat(body: Json): Json | Refusal {
  try {
    return convert(body)
  } catch (failure) {
    if (!(failure instanceof Unsupported)) throw failure
    return invalidRequest(`The server behind this model cannot take ${failure.message}.`)
  }
}
