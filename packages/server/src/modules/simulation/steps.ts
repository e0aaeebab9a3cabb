/**
 * The strand of a simulation: starts its run in another thread, notes how far it is, and stores what comes out. A run
 * that was cut off with its process is started again from its plan, and comes to the same.
 */
import type { SimulationVariant } from '@spillway/contract'
import type { Database } from '#platform/db/database.ts'
import type { Program, StepOutcome } from '#platform/jobs/strand.ts'
import { SIMULATION_LOOK_EVERY_MS, SIMULATIONS_AT_ONCE } from '../../limits.ts'
import type { Plan } from './plan.ts'
import { advanceSimulation, findPlan, findSimulation } from './store.ts'

export type RunEnd =
  | { readonly kind: 'done'; readonly result: readonly SimulationVariant[] }
  | { readonly kind: 'failed'; readonly text: string }

/** A run in another thread. */
export interface PlanRun {
  readonly progress: () => number
  /** Null while it runs. */
  readonly end: () => RunEnd | null
  readonly stop: () => Promise<void>
}

export interface SimulationDeps {
  readonly database: Database
  readonly now: () => Date
  readonly startRun: (plan: Plan) => PlanRun
}

export interface Simulations {
  readonly step: Program
  readonly stop: () => Promise<void>
}

class Runs implements Simulations {
  readonly #deps: SimulationDeps
  readonly #running = new Map<string, PlanRun>()

  constructor(deps: SimulationDeps) {
    this.#deps = deps
  }

  step = async (id: string): Promise<StepOutcome> => {
    const { database, now } = this.#deps
    const found = await findSimulation(database, id)
    if (!found || (found.state !== 'queued' && found.state !== 'running')) {
      await this.#drop(id)
      return { kind: 'done' }
    }
    const run = this.#running.get(id) ?? (await this.#start(id))
    if (!run) return this.#later()
    const end = run.end()
    if (!end) {
      const progress = Math.min(1, run.progress())
      await advanceSimulation(database, id, { state: 'running', progress })
      return this.#later()
    }
    await advanceSimulation(
      database,
      id,
      end.kind === 'done'
        ? { state: 'done', progress: 1, result: end.result, endedAt: now() }
        : { state: 'failed', failure: end.text, endedAt: now() },
    )
    await this.#drop(id)
    return { kind: 'done' }
  }

  stop = async (): Promise<void> => {
    await Promise.all([...this.#running.keys()].map((id) => this.#drop(id)))
  }

  async #start(id: string): Promise<PlanRun | null> {
    if (this.#running.size >= SIMULATIONS_AT_ONCE) return null
    const { database, now, startRun } = this.#deps
    const plan = await findPlan(database, id)
    // Another may have begun while the plan was read.
    if (!plan || this.#running.size >= SIMULATIONS_AT_ONCE) return null
    const run = startRun(plan)
    this.#running.set(id, run)
    await advanceSimulation(database, id, { state: 'running', startedAt: now() })
    return run
  }

  async #drop(id: string): Promise<void> {
    const run = this.#running.get(id)
    this.#running.delete(id)
    await run?.stop()
  }

  #later(): StepOutcome {
    return { kind: 'wait', untilMs: this.#deps.now().getTime() + SIMULATION_LOOK_EVERY_MS }
  }
}

export function createSimulations(deps: SimulationDeps): Simulations {
  return new Runs(deps)
}
