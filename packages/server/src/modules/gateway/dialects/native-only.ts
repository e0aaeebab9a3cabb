/** What a dialect has that is only for servers that speak it themselves: others refuse it, as no chat can say it. */
import { Defect } from '#kernel/assert.ts'
import type { Dialect } from '../frame/dialect.ts'
import { invalidRequest } from '../refusal.ts'

const unreachable = (): never => {
  throw new Defect('nobody answers this dialect in another')
}

/** `what` is asked, as in "completions of a text". */
export function nativeOnly(what: string): Pick<Dialect, 'toChat' | 'renderAnswer' | 'openWriter'> {
  return {
    toChat: () =>
      invalidRequest(`The server behind this model does not offer ${what}.`, {
        param: 'model',
        code: 'unsupported_model',
      }),
    renderAnswer: unreachable,
    openWriter: unreachable,
  }
}
