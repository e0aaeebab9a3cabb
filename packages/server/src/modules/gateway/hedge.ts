/**
 * When a second server is asked because the first is slow. A route says so or it never happens; what would act twice if
 * it were asked twice is asked once. How long is slow may be measured, in memory. Reads no clock.
 */
import type { RouteHedge } from '@spillway/contract'
import type { ModelRequest } from './frame/dialect.ts'
import { isObject } from './json.ts'
import type { Wish } from './route-choice.ts'

/** Tools that the client runs; any other may be one that the server runs itself, with whatever that does. */
const CLIENTS_TOOLS: readonly unknown[] = [undefined, 'function', 'custom']

function mayAct({ body: { tools } }: Pick<ModelRequest, 'body'>): boolean {
  if (tools === undefined || tools === null) return false
  return (
    !Array.isArray(tools) ||
    !tools.every((tool) => isObject(tool) && CLIENTS_TOOLS.includes(tool['type']))
  )
}

/** Null: it is asked of one after the other. `isScreened`: a guardrail reads the answer, and reads one at a time. */
export function hedgeOf(
  wish: Wish | null,
  request: Pick<ModelRequest, 'body'>,
  isScreened: boolean,
): RouteHedge | null {
  const hedge = wish?.document?.hedge
  if (hedge === undefined || isScreened || mayAct(request)) return null
  return hedge
}

const MEASURED_MAX = 128
/** Fewer say nothing of how long answers take. */
const MEASURED_MIN = 20

/** How long answers took lately: of a stream until it began, else until it was there. */
export class HedgeTimes {
  readonly #times = new Map<string, number[]>()

  note(key: string, ms: number): void {
    const times = this.#times.get(key) ?? []
    times.push(ms)
    if (times.length > MEASURED_MAX) times.shift()
    this.#times.set(key, times)
  }

  /** After how long a second is asked. */
  afterMs({ afterMs, percentile }: RouteHedge, key: string): number {
    const times = this.#times.get(key) ?? []
    if (percentile === undefined || times.length < MEASURED_MIN) return afterMs
    const sorted = times.toSorted((a, b) => a - b)
    const at = Math.min(sorted.length - 1, Math.floor((sorted.length * percentile) / 100))
    return sorted[at] ?? afterMs
  }
}

/** One server's part in a race for one answer. */
export interface Entry {
  /** The first who has something useful wins; the other is called off. False: it was the other. */
  claim(): boolean
  /** Called when the other has won, at once where it has already. */
  onLost(stop: () => void): void
}

/** A race for one answer. */
export class Contest {
  readonly #stops = new Map<Entry, () => void>()
  #winner: Entry | null = null

  get isDecided(): boolean {
    return this.#winner !== null
  }

  enter(): Entry {
    const entry: Entry = {
      claim: () => {
        if (this.#winner === null) this.#decide(entry)
        return this.#winner === entry
      },
      onLost: (stop) => {
        if (this.#winner !== null && this.#winner !== entry) stop()
        else this.#stops.set(entry, stop)
      },
    }
    return entry
  }

  #decide(entry: Entry): void {
    this.#winner = entry
    for (const [other, stop] of this.#stops) if (other !== entry) stop()
  }
}
