/** Anthropic's messages. */
import type { Dialect } from '../../frame/dialect.ts'
import { renderModelCard, renderModelList } from './model-list.ts'
import { MessagesPassage } from './passage.ts'
import { renderBroken, renderRefusal } from './refusal.ts'
import { parseMessages } from './request.ts'
import { toChat } from './to-chat.ts'
import { MessagesWriter, renderWhole } from './writer.ts'

export const messages: Dialect = {
  name: 'messages',
  parse: parseMessages,
  toChat: ({ body }) => toChat(body),
  renderRefusal,
  renderBroken,
  renderAnswer: renderWhole,
  openWriter: (context) => new MessagesWriter(context),
  openPassage: ({ model }, native) => new MessagesPassage(model, native),
  renderCount: (inputTokens) => JSON.stringify({ input_tokens: inputTokens }),
  renderModelList,
  renderModelCard,
}
