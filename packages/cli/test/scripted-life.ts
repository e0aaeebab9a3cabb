/** A lease whose life is a list of states: it is a step further each time it is looked at, and its log ends with it. */
import type { Lease } from '@spillway/contract'
import { fact, lease, page } from './documents.ts'
import type { Answers } from './simulated-installation.ts'

export function scriptedLife(states: readonly Lease[]): Answers {
  let at = -1
  const wakers: (() => void)[] = []
  const now = () => states[Math.min(Math.max(at, 0), states.length - 1)] ?? lease()
  return {
    getLease: () => {
      at++
      if (now().state === 'ended') for (const wake of wakers) wake()
      return now()
    },
    listLeaseFacts: () => page([fact('it is running')]),
    getLeaseLogs: async function* ({ query }) {
      const log = 'hello\nworld\n'.slice(Number(query['offset']))
      if (log.length > 6) yield 'hello\n'
      if (query['follow'] === true && now().state !== 'ended')
        await new Promise<void>((done) => wakers.push(done))
      if (now().state === 'ended' && log.length > 0) yield log.slice(-6)
    },
  }
}
