/** Servers that speak OpenAI's dialect: llama.cpp, vLLM, SGLang, and whoever else does. */
import type { Ask, Provider, UpstreamRequest } from '../../frame/provider.ts'
import { isObject, parseJson } from '../../json.ts'
import { isRefusal, type Refusal } from '../../refusal.ts'
import { parseError, readCompletion } from './chunk.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import { ChatReader, readEvents } from './reader.ts'
import { HEADERS, headersFor, renderBody } from './request.ts'
import { isCount } from './usage.ts'

function renderRequest({ dialect, request, target }: Ask): UpstreamRequest | Refusal {
  const chat = dialect.toChat(request)
  if (isRefusal(chat)) return chat
  const body = renderBody(chat, request, target)
  return { path: '/chat/completions', headers: headersFor({ request, target }), body }
}

/** Not of OpenAI's dialect, but our replicas, vLLM and others have it, each with an answer of its own. */
function renderCount({ dialect, request, target }: Ask): UpstreamRequest | Refusal {
  const chat = dialect.toChat(request)
  if (isRefusal(chat)) return chat
  const { messages, tools } = chat
  const body = JSON.stringify({ model: target.upstreamModel, messages, tools })
  return { path: '/tokenize', isFromRoot: true, headers: HEADERS, body }
}

export const openai: Provider = {
  dialect: 'chat',
  further: { completions, embeddings },
  renderRequest,
  renderCount,
  readCount: (text) => {
    const json = parseJson(text)
    if (!isObject(json)) return null
    const { count, tokens } = json
    const found = count ?? (Array.isArray(tokens) ? tokens.length : tokens)
    return isCount(found) ? found : null
  },
  renderCredential: (credential) => ({ authorization: `Bearer ${credential}` }),
  readAnswer: (text) => readCompletion(text),
  readEvents: (json) => readEvents(json, 'message'),
  openReader: () => new ChatReader(),
  readError: parseError,
}
