/** OpenAI's chat completions, and the shape of everything that has no dialect of its own: errors, lists of models. */
import type { Dialect } from '../../frame/dialect.ts'
import { renderRefusal as renderError } from '../../refusal.ts'
import { renderModelCard, renderModelList } from './model-list.ts'
import { ChatPassage } from './passage.ts'
import { parseChatRequest } from './request.ts'
import { ChatWriter, renderCompletion } from './writer.ts'

export const chat: Dialect = {
  name: 'chat',
  parse: parseChatRequest,
  toChat: ({ body }) => body,
  renderRefusal: (refusal) => ({
    status: refusal.status,
    headers: refusal.headers,
    body: renderError(refusal),
  }),
  renderBroken: (refusal) => `data: ${renderError(refusal)}\n\n`,
  renderAnswer: renderCompletion,
  openWriter: (context) => new ChatWriter(context),
  mendTier: (json, tier) => ({ ...json, service_tier: tier }),
  openPassage: ({ model, request, tier }, { isRenamed }) => {
    const { wantsUsage, wantsContinuousUsage } = request
    return new ChatPassage({ model, isRenamed, wantsUsage, wantsContinuousUsage, tier })
  },
  renderCount: (tokens) => JSON.stringify({ tokens }),
  renderModelList,
  renderModelCard,
}
