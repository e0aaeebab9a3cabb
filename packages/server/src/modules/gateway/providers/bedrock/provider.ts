/** Servers that speak Bedrock's Converse. No client speaks it here, so that nothing passes untouched. */
import { measure } from '../../frame/crossing.ts'
import type { Json } from '../../frame/dialect.ts'
import type { Ask, Provider, UpstreamRequest } from '../../frame/provider.ts'
import { isObject, parseJson } from '../../json.ts'
import { isRefusal, type Refusal } from '../../refusal.ts'
import { readError } from './error.ts'
import { FrameReader } from './frames.ts'
import { fromChat } from './from-chat.ts'
import { ConverseReader, isNoAnswer, readWhole } from './reader.ts'
import { renderProof, secretsIn } from './signature.ts'

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }
const STREAM_HEADERS = { ...HEADERS, accept: 'application/vnd.amazon.eventstream' }

function bodyOf({ dialect, request }: Ask): Json | Refusal {
  const chat = dialect.toChat(request)
  return isRefusal(chat) ? chat : fromChat(chat)
}

const placeOf = ({ target }: Ask) => `/model/${encodeURIComponent(target.upstreamModel)}`

function renderRequest(ask: Ask): UpstreamRequest | Refusal {
  const body = bodyOf(ask)
  if (isRefusal(body)) return body
  const text = JSON.stringify(body)
  return ask.request.isStream
    ? { path: `${placeOf(ask)}/converse-stream`, headers: STREAM_HEADERS, body: text }
    : { path: `${placeOf(ask)}/converse`, headers: HEADERS, body: text }
}

function renderCount(ask: Ask): UpstreamRequest | Refusal {
  const body = bodyOf(ask)
  if (isRefusal(body)) return body
  const { inferenceConfig: _, outputConfig: __, ...converse } = body
  const text = JSON.stringify({ input: { converse } })
  return { path: `${placeOf(ask)}/count-tokens`, headers: HEADERS, body: text }
}

export const bedrock: Provider = {
  dialect: null,
  renderRequest,
  renderCount,
  readCount: (text) => {
    const json = parseJson(text)
    const count = isObject(json) ? json['inputTokens'] : null
    return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : null
  },
  renderCredential: (credential) => ({ authorization: `Bearer ${credential}` }),
  sign: renderProof,
  secretsIn,
  readAnswer: (text) => {
    const json = parseJson(text)
    if (!isObject(json) || isNoAnswer(json['stopReason'])) return null
    const measured = measure(readWhole(json))
    // An answer that ended has said why.
    return measured.isFinish ? { json, ...measured } : null
  },
  readEvents: readWhole,
  openReader: () => new ConverseReader(),
  openFraming: () => new FrameReader(),
  readError: (text) => readError(parseJson(text)),
}
