/**
 * Acts while this process is the active controller: runs the controller from when the lock is gained until it is lost.
 * Journals are shipped either way: nobody else can read those of this server's gateways.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { listOpenLeases, stopLease } from '#modules/lease/index.ts'
import type { Shipper } from '#modules/metering/index.ts'
import { contendForController } from '#platform/db/controller-lock.ts'
import { inTransaction } from '#platform/db/database.ts'
import { listen } from '#platform/db/listen.ts'
import { REPLICA_STOP_WITHIN_MS } from '../limits.ts'
import { type Controller, type ControllerDeps, startController } from './controller.ts'
import type { EventBell } from './event-stream.ts'
import type { Ground } from './ground.ts'

export interface ActingDeps {
  readonly ground: Ground
  readonly shipper: Shipper
  readonly bell: EventBell
  readonly controller: Omit<ControllerDeps, 'isStopping'>
}

export interface Acting {
  /** Resolves when this process first acts. */
  readonly began: Promise<void>
  readonly isActing: () => boolean
  /** Ends replicas, ships what is journalled, and gives the lock up. */
  readonly stop: () => Promise<void>
}

const RETRY_MS = 1000

/**
 * Gains and losses of the lock come in any rhythm; what they ask for is done one after another. A start waits until the
 * end before it is over, and gives up when the lock was lost meanwhile.
 */
class Actor {
  readonly #deps: ActingDeps
  /** Counts gains and losses. */
  #turn = 0
  #work: Promise<void> = Promise.resolve()
  #isStopping = false
  readonly #began = Promise.withResolvers<void>()
  controller: Controller | null = null

  constructor(deps: ActingDeps) {
    this.#deps = deps
  }

  get began(): Promise<void> {
    return this.#began.promise
  }

  /** From now on no deployment is touched. */
  standDown(): void {
    this.#isStopping = true
  }

  gained(): void {
    const turn = ++this.#turn
    this.#work = this.#work.then(() => this.#begin(turn))
  }

  lost(): Promise<void> {
    this.#turn++
    this.#work = this.#work.then(() => this.#end())
    return this.#work
  }

  async #begin(turn: number): Promise<void> {
    const { controller: parts, ground } = this.#deps
    while (turn === this.#turn) {
      try {
        this.controller = await startController({ ...parts, isStopping: () => this.#isStopping })
        this.#began.resolve()
        return
      } catch (error) {
        ground.log.error({ err: error }, 'cannot start acting yet; trying again')
        await pause(RETRY_MS)
      }
    }
  }

  async #end(): Promise<void> {
    const { controller } = this
    this.controller = null
    await controller?.stop()
  }
}

/** Replicas are ours and useless without a server; everybody else's leases go on. */
async function stopReplicas({ database, now }: Ground): Promise<void> {
  const open = async () =>
    (await listOpenLeases(database)).filter((lease) => lease.kind === 'serving')
  for (const { id, state } of await open())
    if (state !== 'reclaiming')
      await inTransaction(database, (tx) => stopLease(tx, { id, organizationId: null, now: now() }))
  const deadlineMs = now().getTime() + REPLICA_STOP_WITHIN_MS
  while ((await open()).length > 0 && now().getTime() < deadlineMs) await pause(50)
}

export function act(deps: ActingDeps): Acting {
  const { ground, shipper, bell } = deps
  const actor = new Actor(deps)
  const { url } = ground.server
  shipper.start()
  const lock = contendForController({
    url,
    gained: () => actor.gained(),
    lost: () => void actor.lost(),
  })
  const listening = listen(url, ['spillway_strand', 'spillway_event'], {
    notified: (channel) => {
      if (channel === 'spillway_event') {
        bell.ring()
        actor.controller?.ring()
      } else actor.controller?.poke()
    },
    connected: () => {
      bell.ring()
      actor.controller?.ring()
      actor.controller?.poke()
    },
  })
  return {
    began: actor.began,
    isActing: () => actor.controller !== null,
    stop: async () => {
      actor.standDown()
      const logged = (error: unknown) => ground.log.warn({ err: error }, 'while stopping')
      if (actor.controller) await stopReplicas(ground).catch(logged)
      await shipper.drain().catch(logged)
      await shipper.stop()
      await listening.close()
      await actor.lost()
      await lock.close()
    },
  }
}
