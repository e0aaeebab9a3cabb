/** The same call as code to copy: with curl, and with Python's official client. Pure. */
import { chatBody, type ChatRequest } from '../models/chat-stream.ts'

export type CodeDialect = 'curl' | 'python'

/** A text as one word of a shell. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A value as Python writes it. */
function pythonValue(value: unknown): string {
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (value === null) return 'None'
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}: ${pythonValue(each)}`).join(', ')}}`
}

function renderCurl(request: ChatRequest, origin: string): string {
  return [
    `curl ${origin}/v1/chat/completions \\`,
    '  -H "Authorization: Bearer $SPILLWAY_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d ${shellWord(JSON.stringify(chatBody(request), null, 2))}`,
  ].join('\n')
}

function renderPython(request: ChatRequest, origin: string): string {
  const named = Object.entries(chatBody(request)).map(
    ([name, value]) => `    ${name}=${pythonValue(value)},`,
  )
  return [
    'import os',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${origin}/v1", api_key=os.environ["SPILLWAY_KEY"])`,
    'stream = client.chat.completions.create(',
    ...named,
    ')',
    'for chunk in stream:',
    '    if chunk.choices:',
    '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
  ].join('\n')
}

export function renderCall(dialect: CodeDialect, request: ChatRequest, origin: string): string {
  return dialect === 'curl' ? renderCurl(request, origin) : renderPython(request, origin)
}
