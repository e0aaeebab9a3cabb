/** OpenAI's Responses, for servers that answer chats. Nothing is stored: a request carries its whole conversation. */
import { Crossing } from '../../frame/crossing.ts'
import type { Dialect } from '../../frame/dialect.ts'
import { renderRefusal as renderError } from '../../refusal.ts'
import { chat } from '../chat/dialect.ts'
import { parseResponses } from './request.ts'
import { toChat } from './to-chat.ts'
import { renderWhole, ResponsesWriter } from './writer.ts'

export const responses: Dialect = {
  ...chat,
  name: 'responses',
  parse: parseResponses,
  toChat: ({ body, chat: known }) => {
    if (known) return known
    const translated = toChat(body)
    return 'refusal' in translated ? translated.refusal : translated.chat
  },
  renderBroken: (refusal) => `event: error\ndata: ${renderError(refusal)}\n\n`,
  renderAnswer: renderWhole,
  openWriter: (context) => new ResponsesWriter(context),
  // No server is asked in this dialect: one that speaks it too is asked in the chat that every server speaks.
  openPassage: (context, { reader }) => new Crossing(reader, new ResponsesWriter(context)),
  renderCount: (tokens) =>
    JSON.stringify({ object: 'response.input_tokens', input_tokens: tokens }),
}
