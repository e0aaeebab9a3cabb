/** The older completions of OpenAI-compatible servers. */
import type { ModelRequest } from '../../frame/dialect.ts'
import type { Ask, UpstreamRequest, WholeAnswer, Wire } from '../../frame/provider.ts'
import { readCompletion } from './chunk.ts'
import { ChatReader } from './reader.ts'
import { headersFor, renderBody } from './request.ts'

function renderRequest({ request, target }: Ask): UpstreamRequest {
  const body = renderBody(request.body, request, target)
  return { path: '/completions', headers: headersFor({ request, target }), body }
}

/** With `echo` a text begins with its prompt, which is no output: where the server counts, its count holds. */
function readAnswer(text: string, { body }: ModelRequest): WholeAnswer | null {
  const answer = readCompletion(text, 'text')
  const isCountEnough = answer !== null && answer.usage !== null && body['echo'] === true
  return isCountEnough ? { ...answer, pieces: 0, outputBytes: 0 } : answer
}

export const completions: Wire = {
  renderRequest,
  readAnswer,
  openReader: () => new ChatReader('text'),
}
