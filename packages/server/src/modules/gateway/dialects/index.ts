/** The dialects that clients may speak. A new one is a folder and a line here. */
import type { Dialect, DialectName } from '../frame/dialect.ts'
import { chat } from './chat/dialect.ts'
import { completions } from './completions/dialect.ts'
import { embeddings } from './embeddings/dialect.ts'
import { messages } from './messages/dialect.ts'
import { responses } from './responses/dialect.ts'

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  chat,
  messages,
  responses,
  completions,
  embeddings,
}
