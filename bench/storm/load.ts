/**
 * Keeps a fleet busy through the public API alone: so many leases in flight, of every tier, some of them gangs, some
 * that start again after a reclaim, and the owner's own work now and then. What the API cannot answer is tried again
 * with the same key, so that an answer lost in a crash does not make a second lease.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, ProblemError, type Tier } from '../../packages/contract/src/index.ts'
import { witnessCommand } from './witness.ts'

const TIERS: readonly Tier[] = ['spot', 'spot', 'flex', 'on_demand']
const RETRY_MS = 100
const ENDED_WITHIN_MS = 180_000

export interface LoadPlan {
  readonly witnesses: string
  readonly inFlight: number
  readonly lifeMs: readonly [least: number, most: number]
  /** The most GPUs that one lease asks for, in all. */
  readonly gpusMax: number
}

/** The clients of the server as it is now: a restart gives it another address. */
export type Clients = () => { readonly operator: Client; readonly buyer: Client }

export class Load {
  readonly #clients: Clients
  readonly #plan: LoadPlan
  #isOver = false
  asked = 0
  anchors = 0

  constructor(clients: Clients, plan: LoadPlan) {
    this.#clients = clients
    this.#plan = plan
  }

  /** Runs until told that it is over; then everything that is still open is stopped, and it resolves when all has ended. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const open = await this.#countOpen()
      if (open !== null && open < this.#plan.inFlight) await this.#ask()
      else await pause(RETRY_MS)
    }
    await this.#endAll()
  }

  end(): void {
    this.#isOver = true
  }

  async #countOpen(): Promise<number | null> {
    return this.#openLeases().then(
      (open) => open.length,
      () => null,
    )
  }

  async #openLeases() {
    const { items } = await this.#clients().operator.listLeases({ query: { limit: 1000 } })
    return items.filter(({ state, kind }) => state !== 'ended' && kind !== 'serving')
  }

  async #ask(): Promise<void> {
    const { witnesses, lifeMs, gpusMax } = this.#plan
    const command = witnessCommand(witnesses, randomInt(lifeMs[0], lifeMs[1]))
    const gpus = randomInt(1, gpusMax + 1)
    const idempotencyKey = randomUUID()
    const isAnchor = randomInt(6) === 0
    if (isAnchor) this.anchors++
    this.asked++
    const tier = TIERS[randomInt(TIERS.length)] ?? 'spot'
    await this.#untilAnswered(() =>
      isAnchor
        ? this.#clients().operator.runAnchor({ body: { command, gpus }, idempotencyKey })
        : this.#clients().buyer.createLease({
            body: { command, gpus, tier, requeue: randomInt(2) === 0 ? 'on_reclaim' : 'never' },
            idempotencyKey,
          }),
    )
  }

  /** A refusal is an answer; a server that is away is not. */
  async #untilAnswered(ask: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      try {
        await ask()
        return
      } catch (error) {
        if (error instanceof ProblemError && error.problem.status < 500) return
        await pause(RETRY_MS)
      }
    }
  }

  async #endAll(): Promise<void> {
    const deadlineMs = performance.now() + ENDED_WITHIN_MS
    while (performance.now() < deadlineMs) {
      const open = await this.#openLeases().catch(() => null)
      if (open?.length === 0) return
      for (const { id } of open ?? [])
        await this.#clients()
          .operator.stopLease({ params: { id } })
          .catch(() => undefined)
      await pause(1000)
    }
    throw new Error('leases are still open three minutes after the storm')
  }
}
