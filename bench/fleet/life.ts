/**
 * Admit decisions while every lease lives: a controller as the server runs it looks at all leases, meters them, and keeps
 * their holds. Measured once it is through with what the start left it to do, and said how much it did meanwhile.
 */
import { setTimeout as pause } from 'node:timers/promises'
import {
  LEASE_PROGRAM,
  MARKET_PROGRAM,
  runCycle,
  stepLease,
  stopLease,
} from '../../packages/server/src/modules/lease/index.ts'
import { inTransaction } from '../../packages/server/src/platform/db/database.ts'
import { listen } from '../../packages/server/src/platform/db/listen.ts'
import { runStrands } from '../../packages/server/src/platform/jobs/strand.ts'
import { pino, sql } from '../../packages/server/test/harness/raw-database.ts'
import { ask, type Fleet, now } from './stand.ts'

/** What is overdue by less than this is only in its turn. */
const OVERDUE_S = 1
const REST_WITHIN_MS = 300_000
const LOOK_AGAIN_MS = 5
const BETWEEN_ORDERS_MS = 100

export interface Life {
  readonly decisionsMs: readonly number[]
  /** How long it took from the start of the controller until it had nothing left to do at once. */
  readonly restedAfterS: number
  /** Looks that were overdue when the measurement began: zero, unless it never came to rest. */
  readonly overdue: number
  readonly meteredPerS: number
}

interface Controller {
  readonly stop: () => Promise<void>
  /** Resolves when something was woken, or a little later. */
  readonly woken: () => Promise<void>
}

function runController({ deps, url, engine }: Fleet): Controller {
  let waiting: (() => void)[] = []
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const each of woken) each()
  }
  const runner = runStrands({
    ...{ database: deps.database, now, log: pino({ level: 'error' }, process.stderr) },
    concurrencyMax: 16,
    urgent: [MARKET_PROGRAM],
    programs: {
      [LEASE_PROGRAM]: (id) => stepLease(deps, id),
      [MARKET_PROGRAM]: () => runCycle(deps),
    },
  })
  const listening = listen(url, ['spillway_strand'], {
    notified: () => {
      runner.poke()
      wake()
    },
    connected: () => runner.poke(),
  })
  const unwatch = engine.watch({ attemptChanged: () => {}, fleetChanged: () => {} })
  return {
    woken: () =>
      Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), pause(LOOK_AGAIN_MS)]),
    stop: async () => {
      unwatch()
      await listening.close()
      await runner.stop()
    },
  }
}

async function countOverdue({ database }: Fleet): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM strand
    WHERE wake_at < ${new Date(now().getTime() - OVERDUE_S * 1000)}`.execute(database)
  return rows[0]?.n ?? 0
}

/** Leases that were last metered before an instant. */
async function countUnmetered({ database }: Fleet, since: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM lease
    WHERE state = 'running' AND metered_until <= ${since}`.execute(database)
  return rows[0]?.n ?? 0
}

async function countUsage({ database }: Fleet): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM usage_event`.execute(
    database,
  )
  return rows[0]?.n ?? 0
}

/** Waits until every lease was metered from now on, and nothing is behind. */
async function comeToRest(fleet: Fleet): Promise<{ restedAfterS: number; overdue: number }> {
  const began = now()
  for (;;) {
    const overdue = await countOverdue(fleet)
    const sinceMs = now().getTime() - began.getTime()
    const isAtRest = overdue === 0 && (await countUnmetered(fleet, began)) === 0
    if (isAtRest || sinceMs > REST_WITHIN_MS) return { restedAfterS: sinceMs / 1000, overdue }
    await pause(500)
  }
}

async function hasClaim({ database }: Fleet, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM claim WHERE lease_id = ${id}`.execute(database)
  return rows.length > 0
}

/** From the call that asks to the commit of the claim, as it is heard of from outside. */
async function decide(fleet: Fleet, { woken }: Controller, turn: number): Promise<number> {
  const began = performance.now()
  const id = await ask(fleet, turn, 1)
  while (!(await hasClaim(fleet, id))) await woken()
  const taken = performance.now() - began
  await inTransaction(fleet.database, (tx) =>
    stopLease(tx, { id, organizationId: null, now: now() }),
  )
  return taken
}

export async function decideAmongLiving(
  fleet: Fleet,
  { count, rounds }: { readonly count: number; readonly rounds: number },
): Promise<Life> {
  const controller = runController(fleet)
  try {
    const rest = await comeToRest(fleet)
    // Those that were metered at once after the start come apart in the rounds that follow.
    let { overdue } = rest
    for (let round = 1; round < rounds; round++) overdue = (await comeToRest(fleet)).overdue
    const [began, usage] = [performance.now(), await countUsage(fleet)]
    const decisionsMs: number[] = []
    for (let turn = 0; turn < count; turn++) {
      decisionsMs.push(await decide(fleet, controller, turn))
      await pause(BETWEEN_ORDERS_MS)
    }
    const meteredPerS = ((await countUsage(fleet)) - usage) / ((performance.now() - began) / 1000)
    return { decisionsMs, ...rest, overdue, meteredPerS }
  } finally {
    await controller.stop()
  }
}
