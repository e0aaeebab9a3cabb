/**
 * Strands: a long-lived thing (a lease, the market's cycle, a deployment) advances by small idempotent steps. The row
 * only says when to look next; where the thing stands is in the thing's own row. Steps of one subject never overlap,
 * and only the active controller runs them.
 */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { present } from '#kernel/assert.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Database, Db } from '#platform/db/database.ts'
import { STEP_RETRY_MAX_MS, STEP_RETRY_MIN_MS } from '../../limits.ts'

/** What a step comes to: look again then, or never. */
export type StepOutcome =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'done' }

export type Program = (subject: string) => Promise<StepOutcome>

export interface StrandName {
  /** Which steps it takes. */
  readonly program: string
  readonly subject: string
}

/** Wakes a strand, making it if need be; takes effect when the caller's transaction commits. */
export async function wakeStrand(
  tx: Db,
  { program, subject }: StrandName,
  at: Date,
): Promise<void> {
  await sql`INSERT INTO strand (program, subject, wake_at) VALUES (${program}, ${subject}, ${at})
    ON CONFLICT (program, subject)
      DO UPDATE SET wake_at = least(strand.wake_at, excluded.wake_at)`.execute(tx)
}

/** Wakes several of one program, in the order of their names, so that two who do so never wait for each other. */
export async function wakeStrands(
  tx: Db,
  { program, subjects }: { readonly program: string; readonly subjects: readonly string[] },
  at: Date,
): Promise<void> {
  const sorted = [...new Set(subjects)].toSorted()
  await sql`INSERT INTO strand (program, subject, wake_at)
    SELECT ${program}, subject, ${at}::timestamptz FROM unnest(${arrayText(sorted)}::text[]) AS new (subject)
    ON CONFLICT (program, subject)
      DO UPDATE SET wake_at = least(strand.wake_at, excluded.wake_at)`.execute(tx)
}

export interface StrandRunnerDeps {
  readonly database: Database
  readonly programs: Readonly<Record<string, Program>>
  readonly now: () => Date
  readonly log: Logger
  /** At most so many steps at once. */
  readonly concurrencyMax: number
  /**
   * Programs with few subjects that wait for nobody: neither behind what is overdue nor for a step to end. Beside one of
   * them only a few others begin, since all share one thread and somebody waits for what it decides.
   */
  readonly urgent?: readonly string[]
}

export interface StrandRunner {
  /** Look for due strands now: something was notified. */
  readonly poke: () => void
  readonly stop: () => Promise<void>
}

interface DueRow {
  readonly program: string
  readonly subject: string
  readonly failures: number
  readonly version: string
}

interface LookRow extends DueRow {
  readonly wake_at: Date
  readonly is_due: boolean
}

/** Pause before a failed step is tried again: doubling, bounded. */
export function retryDelayMs(failures: number): number {
  return Math.min(STEP_RETRY_MAX_MS, STEP_RETRY_MIN_MS * 2 ** Math.min(failures, 20))
}

const IDLE_LOOK_MS = 1000

/** So many steps of others may run beside an urgent one, which may last: nothing stands still meanwhile. */
const BESIDE_URGENT_MAX = 4

class Runner implements StrandRunner {
  readonly #deps: StrandRunnerDeps
  readonly #running = new Map<string, Promise<void>>()
  /** When a strand that failed may be tried again, kept here too in case the database cannot be written. */
  readonly #notBeforeMs = new Map<string, number>()
  #timer: NodeJS.Timeout | null = null
  #isStopped = false
  #isLooking = false
  #looking: Promise<void> = Promise.resolve()
  #isPoked = false

  constructor(deps: StrandRunnerDeps) {
    this.#deps = deps
    this.poke()
  }

  poke = (): void => {
    this.#isPoked = true
    if (!this.#isLooking && !this.#isStopped) this.#looking = this.#look()
  }

  stop = async (): Promise<void> => {
    this.#isStopped = true
    if (this.#timer) clearTimeout(this.#timer)
    // A look that had begun may still start nothing: it sees that it was stopped.
    await this.#looking
    await Promise.all(this.#running.values())
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    let waitMs = IDLE_LOOK_MS
    while (this.#isPoked && !this.#isStopped) {
      this.#isPoked = false
      try {
        waitMs = await this.#startDue()
      } catch (error) {
        this.#deps.log.warn({ err: error }, 'cannot read strands; looking again shortly')
      }
    }
    this.#isLooking = false
    if (this.#timer) clearTimeout(this.#timer)
    if (!this.#isStopped)
      this.#timer = setTimeout(this.poke, Math.max(1, Math.min(waitMs, IDLE_LOOK_MS)))
  }

  /** Starts what is due and not running, the urgent first. Returns how long until the next is due. */
  async #startDue(): Promise<number> {
    const { now } = this.#deps
    const at = now()
    const rows = await this.#lookUp(at)
    this.#start(
      rows.filter((row) => row.is_due),
      at,
    )
    const next = rows.find((row) => !row.is_due)
    return next ? next.wake_at.getTime() - at.getTime() : IDLE_LOOK_MS
  }

  /** What is due, and the first that will be: in one statement, since there is a look after every step and every wake. */
  async #lookUp(at: Date): Promise<readonly LookRow[]> {
    const { database, programs, concurrencyMax, urgent = [] } = this.#deps
    const known = Object.keys(programs)
    const usual = known.filter((program) => !urgent.includes(program))
    const waiting = [...this.#notBeforeMs].filter(([, ms]) => ms > at.getTime())
    // Those that cannot run now are not asked for, or many of them would hide what can.
    const blocked = [...this.#running.keys(), ...waiting.map(([key]) => key)]
    const due = (of: readonly string[], most: number) =>
      sql`(SELECT program, subject, failures, xmin::text AS version, wake_at, true AS is_due FROM strand
        WHERE wake_at <= ${at} AND program = ANY(${of})
          AND program || '/' || subject <> ALL(${blocked}::text[])
        ORDER BY wake_at LIMIT ${most})`
    const isFull = this.#running.size >= this.#usualMax()
    const { rows } = await sql<LookRow>`${due(urgent, concurrencyMax * 4)}
      UNION ALL ${due(usual, isFull ? 0 : concurrencyMax * 4)}
      UNION ALL (SELECT program, subject, failures, xmin::text, wake_at, false FROM strand
        WHERE wake_at > ${at} AND program = ANY(${known}) ORDER BY wake_at LIMIT 1)`.execute(
      database,
    )
    return rows
  }

  #usualMax(): number {
    const { concurrencyMax, urgent = [] } = this.#deps
    const isUrgentRunning = [...this.#running.keys()].some((key) =>
      urgent.some((program) => key.startsWith(`${program}/`)),
    )
    return isUrgentRunning ? Math.min(concurrencyMax, 1 + BESIDE_URGENT_MAX) : concurrencyMax
  }

  #start(rows: readonly DueRow[], at: Date): void {
    const { urgent = [] } = this.#deps
    for (const row of this.#isStopped ? [] : rows) {
      const key = `${row.program}/${row.subject}`
      const isFull = this.#running.size >= this.#usualMax() && !urgent.includes(row.program)
      if (this.#running.has(key) || isFull) continue
      if ((this.#notBeforeMs.get(key) ?? 0) > at.getTime()) continue
      const step = this.#step(row).finally(() => {
        this.#running.delete(key)
        this.poke()
      })
      this.#running.set(key, step)
    }
  }

  async #step(row: DueRow): Promise<void> {
    const { programs, log, now } = this.#deps
    const { program, subject } = row
    const key = `${program}/${subject}`
    try {
      const run = present(programs[program], `the program ${program}`)
      await this.#settle(row, await run(subject))
      this.#notBeforeMs.delete(key)
    } catch (error) {
      const delayMs = retryDelayMs(row.failures)
      const retryMs = now().getTime() + delayMs
      this.#notBeforeMs.set(key, retryMs)
      log.error(
        { err: error, program, subject, retryInMs: delayMs },
        'a step failed; it will be tried again',
      )
      await this.#fail(row, error, new Date(retryMs))
    }
  }

  /** A strand that was woken during its step has another version, and runs again. */
  async #settle({ program, subject, version }: DueRow, outcome: StepOutcome): Promise<void> {
    const { database } = this.#deps
    if (outcome.kind === 'done')
      await sql`DELETE FROM strand WHERE program = ${program} AND subject = ${subject} AND xmin::text = ${version}`.execute(
        database,
      )
    else
      await sql`UPDATE strand SET wake_at = ${new Date(outcome.untilMs)}, failures = 0, last_failure = NULL
        WHERE program = ${program} AND subject = ${subject} AND xmin::text = ${version}`.execute(
        database,
      )
  }

  /** A wake that came during the step stays as it is; only the failure is counted then. */
  async #fail({ program, subject, version }: DueRow, error: unknown, wakeAt: Date): Promise<void> {
    const text = error instanceof Error ? error.message : String(error)
    await sql`UPDATE strand SET failures = failures + 1, last_failure = ${text},
        wake_at = CASE WHEN xmin::text = ${version} THEN ${wakeAt} ELSE wake_at END
      WHERE program = ${program} AND subject = ${subject}`
      .execute(this.#deps.database)
      .catch((cause: unknown) =>
        this.#deps.log.warn({ err: cause }, 'cannot record a failed step; it is tried again later'),
      )
  }
}

export function runStrands(deps: StrandRunnerDeps): StrandRunner {
  return new Runner(deps)
}
