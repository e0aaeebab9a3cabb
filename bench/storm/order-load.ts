/**
 * Makes and cancels orders through the public API alone while parts of it die, and remembers what was acknowledged. What
 * the API cannot answer is asked again with the same key.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ProblemError } from '../../packages/contract/src/index.ts'
import type { Clients } from './load.ts'

const RETRY_MS = 100
const PAUSE_MS = [20, 200] as const
/** Orders that are open at once, at most. */
const OPEN_MAX = 40
const ENDED_WITHIN_MS = 180_000

export class OrderLoad {
  readonly #clients: Clients
  /** What spot is sold for at most, in hundredths of a cent. */
  readonly #listPrice: number
  readonly acknowledged = new Set<string>()
  readonly cancelled = new Set<string>()
  #isOver = false
  refused = 0

  constructor(clients: Clients, listPriceUsd: number) {
    this.#clients = clients
    this.#listPrice = Math.floor(listPriceUsd * 10_000)
  }

  end(): void {
    this.#isOver = true
  }

  /** Until told that it is over; then what is still open is cancelled, and it resolves when every lease has ended. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const open = await this.#listOpen().catch(() => null)
      if (open !== null && open.length >= OPEN_MAX) await this.#cancelOne(open)
      else if (open !== null && randomInt(6) === 0) await this.#cancelOne(open)
      else await this.#order()
      await pause(randomInt(PAUSE_MS[0], PAUSE_MS[1]))
    }
    await this.#endAll()
  }

  async #listOpen(): Promise<readonly string[]> {
    const { buyer } = this.#clients()
    const { items } = await buyer.listOrders({ query: { limit: 1000 } })
    return items.flatMap(({ id, closedAt }) => (closedAt === null ? [id] : []))
  }

  async #order(): Promise<void> {
    const idempotencyKey = randomUUID()
    const command = ['sleep', String(randomInt(1, 8))]
    const limit = (randomInt(1, this.#listPrice + 1) / 10_000).toFixed(4)
    const isInLine = randomInt(5) === 0
    const work = { command, gpus: randomInt(1, 3) }
    const body = isInLine
      ? ({ ...work, tier: 'on_demand', start: 'when_it_fits' } as const)
      : ({ ...work, tier: 'spot', maxPriceUsdPerGpuHour: limit } as const)
    const order = await this.#untilAnswered(() =>
      this.#clients().buyer.createOrder({ body, idempotencyKey }),
    )
    if (order !== null) this.acknowledged.add(order.id)
  }

  async #cancelOne(open: readonly string[]): Promise<void> {
    const id = open[randomInt(Math.max(1, open.length))]
    if (id === undefined) return
    const idempotencyKey = randomUUID()
    const order = await this.#untilAnswered(() =>
      this.#clients().buyer.cancelOrder({ params: { id }, idempotencyKey }),
    )
    if (order !== null) this.cancelled.add(id)
  }

  /** Null where it was refused, which is an answer; a server that is away is not. */
  async #untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (error instanceof ProblemError && error.problem.status < 500) {
          this.refused++
          return null
        }
        await pause(RETRY_MS)
      }
    }
  }

  async #endAll(): Promise<void> {
    const deadlineMs = performance.now() + ENDED_WITHIN_MS
    while (performance.now() < deadlineMs) {
      const open = await this.#listOpen().catch(() => null)
      for (const id of open ?? []) await this.#cancelOne([id])
      const leases = await this.#clients()
        .operator.listLeases({ query: { limit: 1000 } })
        .catch(() => null)
      const isOver = leases?.items.every(({ state }) => state === 'ended') ?? false
      if (open?.length === 0 && isOver) return
      await pause(1000)
    }
    throw new Error('orders or leases are still open three minutes after the storm')
  }
}
