/** The embeddings of OpenAI-compatible servers. */
import { Defect } from '#kernel/assert.ts'
import type { Ask, UpstreamRequest, WholeAnswer, Wire } from '../../frame/provider.ts'
import { isObject, parseJson } from '../../json.ts'
import { HEADERS } from './request.ts'
import { readUsage } from './usage.ts'

function renderRequest({ request, target }: Ask): UpstreamRequest {
  const body = JSON.stringify({ ...request.body, model: target.upstreamModel })
  return { path: '/embeddings', headers: HEADERS, body }
}

const NOTHING_COUNTED = { inputTokens: 0, outputTokens: 0 }

/** Only the input is paid. A server that does not count it has counted nothing, which is then estimated. */
function readAnswer(text: string): WholeAnswer | null {
  const json = parseJson(text)
  if (!isObject(json) || !Array.isArray(json['data'])) return null
  const { inputTokens } = readUsage(json['usage']) ?? NOTHING_COUNTED
  const usage = { inputTokens, outputTokens: 0 }
  return { json, usage, pieces: 0, outputBytes: 0, isFinish: true }
}

export const embeddings: Wire = {
  renderRequest,
  readAnswer,
  openReader: () => {
    throw new Defect('embeddings are not streamed')
  },
}
