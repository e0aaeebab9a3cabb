/**
 * The courier: while this process is the controller, it makes deliveries of events as they come and sends them. It has
 * strands of its own, apart from those of leases, which no slow endpoint can hold up.
 */
import type { Logger } from 'pino'
import type { IdSource } from '#kernel/ids.ts'
import { runStrands } from '#platform/jobs/strand.ts'
import { WEBHOOK_LANES_AT_ONCE_MAX, WEBHOOK_LOOK_EVERY_MS } from '../../limits.ts'
import { type DeliveryDeps, stepLane } from './delivery-service.ts'
import { fanOut } from './fan-out-service.ts'
import { DELIVERY_PROGRAM } from './service.ts'

export interface CourierDeps extends Omit<DeliveryDeps, 'signal'> {
  readonly ids: IdSource
  readonly log: Logger
}

export interface Courier {
  /** An event was written. */
  readonly ring: () => void
  /** A strand was woken. */
  readonly poke: () => void
  readonly stop: () => Promise<void>
}

/** Looks at each ring, and when a look says to look again; never twice at once. */
class Looking {
  /** Answers after how many ms to look again. */
  readonly #look: () => Promise<number>
  #isRung = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | null = null

  constructor(look: () => Promise<number>) {
    this.#look = look
    this.ring()
  }

  ring = (): void => {
    this.#isRung = true
    if (this.#running !== null || this.#isStopped) return
    clearTimeout(this.#timer)
    this.#running = this.#run()
  }

  stop = async (): Promise<void> => {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    let againMs = 0
    while (!this.#isStopped && (this.#isRung || againMs === 0)) {
      this.#isRung = false
      againMs = await this.#look()
    }
    this.#running = null
    if (!this.#isStopped) this.#timer = setTimeout(this.ring, againMs)
  }
}

export function startCourier(deps: CourierDeps): Courier {
  const { database, now, log } = deps
  const ending = new AbortController()
  const runner = runStrands({
    database,
    now,
    log,
    concurrencyMax: WEBHOOK_LANES_AT_ONCE_MAX,
    programs: {
      [DELIVERY_PROGRAM]: (subject) => stepLane({ ...deps, signal: ending.signal }, subject),
    },
  })
  const looking = new Looking(() =>
    fanOut(deps).catch((error: unknown) => {
      log.warn({ err: error }, 'cannot make deliveries of events; looking again shortly')
      return WEBHOOK_LOOK_EVERY_MS
    }),
  )
  return {
    ring: looking.ring,
    poke: runner.poke,
    stop: async () => {
      ending.abort()
      await looking.stop()
      await runner.stop()
    },
  }
}
