/** OpenAI's older completions, for servers that speak them: a prompt goes in without a template, its continuation comes out. */
import type { Dialect } from '../../frame/dialect.ts'
import { chat } from '../chat/dialect.ts'
import { ChatPassage } from '../chat/passage.ts'
import { nativeOnly } from '../native-only.ts'
import { parseCompletions } from './request.ts'

export const completions: Dialect = {
  ...chat,
  name: 'completions',
  parse: parseCompletions,
  ...nativeOnly('completions of a text'),
  openPassage: ({ model, request, tier }, { isRenamed }) => {
    const { wantsUsage, wantsContinuousUsage } = request
    return new ChatPassage({
      model,
      isRenamed,
      wantsUsage,
      wantsContinuousUsage,
      tier,
      field: 'text',
    })
  },
}
