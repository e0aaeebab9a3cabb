/** Servers that speak Anthropic's messages. */
import { measure } from '../../frame/crossing.ts'
import type { Json } from '../../frame/dialect.ts'
import type { Ask, Provider, UpstreamRequest } from '../../frame/provider.ts'
import { isObject, parseJson } from '../../json.ts'
import { isRefusal, type Refusal } from '../../refusal.ts'
import { readError } from './error.ts'
import { fromChat } from './from-chat.ts'
import { MessagesReader, readWhole } from './reader.ts'

const HEADERS = {
  'content-type': 'application/json',
  accept: '*/*',
  'anthropic-version': '2023-06-01',
}

function bodyOf({ dialect, request, target }: Ask): Json | Refusal {
  if (dialect.name === 'messages') return { ...request.body, model: target.upstreamModel }
  const chat = dialect.toChat(request)
  return isRefusal(chat) ? chat : fromChat(chat, target.upstreamModel)
}

function renderRequest(ask: Ask): UpstreamRequest | Refusal {
  const body = bodyOf(ask)
  if (isRefusal(body)) return body
  return { path: '/messages', headers: HEADERS, body: JSON.stringify(body) }
}

/** What bounds an answer is no part of what is counted, and refused there. */
const NOT_COUNTED = new Set(['max_tokens', 'stream', 'temperature', 'top_p', 'top_k', 'metadata'])

function renderCount(ask: Ask): UpstreamRequest | Refusal {
  const body = bodyOf(ask)
  if (isRefusal(body)) return body
  const counted = Object.entries(body).filter(([name]) => !NOT_COUNTED.has(name))
  const text = JSON.stringify(Object.fromEntries(counted))
  return { path: '/messages/count_tokens', headers: HEADERS, body: text }
}

export const anthropic: Provider = {
  dialect: 'messages',
  renderRequest,
  renderCount,
  readCount: (text) => {
    const json = parseJson(text)
    const count = isObject(json) ? json['input_tokens'] : null
    return Number.isSafeInteger(count) ? (count as number) : null
  },
  renderCredential: (credential) => ({ 'x-api-key': credential }),
  readAnswer: (text) => {
    const json = parseJson(text)
    if (!isObject(json) || json['type'] !== 'message' || !Array.isArray(json['content']))
      return null
    return { json, ...measure(readWhole(json)), isFinish: true }
  },
  readEvents: readWhole,
  openReader: () => new MessagesReader(),
  readError: (text) => readError(parseJson(text)),
}
