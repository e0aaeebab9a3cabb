/**
 * The places at which answers are generated, and a bounded queue before them. First come, first served, but for those
 * with priority, who come before the others; who goes away while waiting leaves the queue at once.
 */
import { overloaded } from './refusal.ts'

export interface Places {
  /** Waits for a place. Throws a refusal when the queue is full, and the signal's reason when it is aborted. */
  readonly take: (signal: AbortSignal, isFirst?: boolean) => Promise<Place>
  readonly count: number
  readonly busy: () => number
  readonly waiting: () => number
}

export interface Place {
  /** Gives the place to the next in line. Doing it twice does nothing. */
  readonly leave: () => void
}

interface Waiter {
  readonly admit: () => void
}

export function createPlaces(limits: {
  readonly count: number
  readonly waitingMax: number
}): Places {
  let busy = 0
  const first = new Set<Waiter>()
  const others = new Set<Waiter>()

  function occupy(): Place {
    busy++
    let isTaken = true
    const leave = () => {
      if (!isTaken) return
      isTaken = false
      busy--
      admitNext()
    }
    return { leave }
  }

  function admitNext(): void {
    const [next] = [...first, ...others]
    if (!first.delete(next as Waiter)) others.delete(next as Waiter)
    next?.admit()
  }

  function wait(signal: AbortSignal, line: Set<Waiter>): Promise<Place> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        line.delete(waiter)
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      }
      const admit = () => {
        signal.removeEventListener('abort', giveUp)
        resolve(occupy())
      }
      const waiter: Waiter = { admit }
      line.add(waiter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  return {
    count: limits.count,
    busy: () => busy,
    waiting: () => first.size + others.size,
    take: async (signal, isFirst = false) => {
      signal.throwIfAborted()
      if (busy < limits.count) return occupy()
      if (first.size + others.size >= limits.waitingMax) throw overloaded()
      return wait(signal, isFirst ? first : others)
    },
  }
}
