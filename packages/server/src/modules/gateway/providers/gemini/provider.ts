/** Servers that speak Gemini's `generateContent`. No client speaks it here, so that nothing passes untouched. */
import { measure } from '../../frame/crossing.ts'
import type { Json } from '../../frame/dialect.ts'
import type { Ask, Provider, UpstreamRequest } from '../../frame/provider.ts'
import { isObject, parseJson } from '../../json.ts'
import { isRefusal, type Refusal } from '../../refusal.ts'
import { readError } from './error.ts'
import { fromChat } from './from-chat.ts'
import { GeminiReader, readWhole } from './reader.ts'

const HEADERS = { 'content-type': 'application/json', accept: '*/*' }

function bodyOf({ dialect, request }: Ask): Json | Refusal {
  const chat = dialect.toChat(request)
  return isRefusal(chat) ? chat : fromChat(chat)
}

const nameOf = ({ target }: Ask) => `models/${encodeURIComponent(target.upstreamModel)}`

function renderRequest(ask: Ask): UpstreamRequest | Refusal {
  const body = bodyOf(ask)
  if (isRefusal(body)) return body
  const verb = ask.request.isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return { path: `/${nameOf(ask)}:${verb}`, headers: HEADERS, body: JSON.stringify(body) }
}

function renderCount(ask: Ask): UpstreamRequest | Refusal {
  const body = bodyOf(ask)
  if (isRefusal(body)) return body
  const { generationConfig: _, ...counted } = body
  const text = JSON.stringify({ generateContentRequest: { model: nameOf(ask), ...counted } })
  return { path: `/${nameOf(ask)}:countTokens`, headers: HEADERS, body: text }
}

export const gemini: Provider = {
  dialect: null,
  renderRequest,
  renderCount,
  readCount: (text) => {
    const json = parseJson(text)
    const count = isObject(json) ? json['totalTokens'] : null
    return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : null
  },
  renderCredential: (credential) => ({ 'x-goog-api-key': credential }),
  readAnswer: (text) => {
    const json = parseJson(text)
    if (!isObject(json)) return null
    const measured = measure(readWhole(json))
    // An answer that ended has said why.
    return measured.isFinish ? { json, ...measured } : null
  },
  readEvents: readWhole,
  openReader: () => new GeminiReader(),
  readError: (text) => readError(parseJson(text)),
}
