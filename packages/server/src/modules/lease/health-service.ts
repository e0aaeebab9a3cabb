/**
 * Checks the services that run, each at its own interval, all in one strand: a service that hangs keeps nothing else
 * waiting. Only changes are written; when the next check is due lies in memory, and a new controller checks at once.
 */
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { checkHealth, type HealthFinding } from '#platform/engines/health-check.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { HEALTH_CHECKS_AT_ONCE, HEALTH_LOOK_EVERY_MS } from '../../limits.ts'
import { findHealth, saveHealth } from './health-store.ts'
import { beginCourse, type HealthCourse, judge } from './health.ts'
import { attemptId, type Lease } from './lease.ts'
import { recordFact } from './record.ts'
import * as store from './store.ts'

export const HEALTH_PROGRAM = 'lease_health'

interface HealthDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
}

type Service = Lease & { readonly service: NonNullable<Lease['service']> }

function isChecked(lease: Lease): lease is Service {
  return lease.service !== null && (lease.state === 'running' || lease.state === 'reclaiming')
}

const NOTHING_LISTENS: HealthFinding = { isHealthy: false, text: 'nothing listens at its port' }

class HealthKeeper {
  readonly #deps: HealthDeps
  readonly #courses = new Map<string, HealthCourse>()
  /** Checks under way, by lease. */
  readonly #checking = new Map<string, Promise<void>>()

  constructor(deps: HealthDeps) {
    this.#deps = deps
  }

  /** Begins the checks that are due and does not wait for them: the next look comes soon. */
  async look(): Promise<StepOutcome> {
    const { database, now } = this.#deps
    const services = (await store.listOpenServices(database)).filter(isChecked)
    await this.#keepCourses(services)
    const nowMs = now().getTime()
    for (const lease of services) {
      const course = this.#courses.get(lease.id)
      if (!course || course.nextMs > nowMs || this.#checking.has(lease.id)) continue
      if (this.#checking.size >= HEALTH_CHECKS_AT_ONCE) break
      const check = this.#check(lease, course).finally(() => this.#checking.delete(lease.id))
      this.#checking.set(lease.id, check)
    }
    return { kind: 'wait', untilMs: nowMs + HEALTH_LOOK_EVERY_MS }
  }

  async #keepCourses(services: readonly Service[]): Promise<void> {
    const open = new Set(services.map((lease) => lease.id))
    for (const id of this.#courses.keys()) if (!open.has(id)) this.#courses.delete(id)
    const unknown = services.filter(
      (lease) => this.#courses.get(lease.id)?.attempt !== lease.attempt,
    )
    const ids = unknown.map((lease) => lease.id)
    const known = await findHealth(this.#deps.database, ids)
    for (const lease of unknown)
      this.#courses.set(lease.id, beginCourse(lease, known.get(lease.id)))
  }

  async #check(lease: Service, course: HealthCourse): Promise<void> {
    const { health } = lease.service
    const judged = judge(course, await this.#ask(lease), health)
    const nextMs = this.#deps.now().getTime() + this.#pauseMs(lease, judged.state)
    // A failure to write it is repeated with the next check, because the course stays as it was.
    const isWritten = await this.#write(lease, course, judged)
    this.#courses.set(lease.id, { ...course, ...(isWritten ? judged : {}), nextMs })
  }

  /** What starts is looked at often, so that the first request can come soon. */
  #pauseMs({ service }: Service, state: HealthCourse['state']): number {
    const { intervalMs } = service.health
    return state === 'starting' ? Math.min(intervalMs, HEALTH_LOOK_EVERY_MS) : intervalMs
  }

  async #ask(lease: Service): Promise<HealthFinding> {
    try {
      const address = await this.#deps.engines.find(lease.pool)?.address(attemptId(lease))
      return address ? await checkHealth(address, lease.service.health) : NOTHING_LISTENS
    } catch (error) {
      return { isHealthy: false, text: (error as Error).message }
    }
  }

  async #write(
    lease: Service,
    course: HealthCourse,
    { state, text }: Pick<HealthCourse, 'state' | 'text'>,
  ): Promise<boolean> {
    if (state === course.state) return true
    try {
      await inTransaction(this.#deps.database, async (tx) => {
        const at = this.#deps.now()
        const current = await store.lockLease(tx, lease.id)
        if (current?.attempt !== lease.attempt || current.state === 'ended') return
        await saveHealth(tx, { leaseId: lease.id, attempt: lease.attempt, state, text }, at)
        const says = `Its service is ${state}: ${text}.`
        await recordFact(tx, current, { at, type: `lease.${state}`, text: says })
      })
      return true
    } catch {
      // The database is away: nobody could read it now either.
      return false
    }
  }
}

/** The step of the strand `lease_health/all`. */
export function createHealthKeeper(deps: HealthDeps): () => Promise<StepOutcome> {
  const keeper = new HealthKeeper(deps)
  return () => keeper.look()
}
