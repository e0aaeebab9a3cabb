/**
 * The places at which answers are generated, and a bounded queue before them. First come, first served; who goes
 * away while waiting leaves the queue at once.
 */
import { overloaded } from './refusal.ts'

export interface Places {
  /** Waits for a place. Throws a refusal when the queue is full, and the signal's reason when it is aborted. */
  readonly take: (signal: AbortSignal) => Promise<Place>
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
  const line = new Set<Waiter>()

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
    const [next] = line
    if (!next) return
    line.delete(next)
    next.admit()
  }

  function wait(signal: AbortSignal): Promise<Place> {
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
    waiting: () => line.size,
    take: async (signal) => {
      signal.throwIfAborted()
      if (busy < limits.count) return occupy()
      if (line.size >= limits.waitingMax) throw overloaded()
      return wait(signal)
    },
  }
}
