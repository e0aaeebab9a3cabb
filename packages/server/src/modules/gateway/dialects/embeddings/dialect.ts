/** OpenAI's embeddings, for servers that make them: texts go in, vectors come out, in one piece. */
import { Defect } from '#kernel/assert.ts'
import type { Dialect } from '../../frame/dialect.ts'
import { chat } from '../chat/dialect.ts'
import { nativeOnly } from '../native-only.ts'
import { mendAnswer } from './mend.ts'
import { parseEmbeddings } from './request.ts'

export const embeddings: Dialect = {
  ...chat,
  name: 'embeddings',
  parse: parseEmbeddings,
  ...nativeOnly('embeddings'),
  openPassage: () => {
    throw new Defect('embeddings are not streamed')
  },
  mendAnswer,
}
