/**
 * Requests through several gateways on one port while one after another is killed with SIGKILL, and what the ledger
 * says of each of them afterwards, held against what the callers saw.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { idSource } from '#kernel/ids.ts'
import { type Money, money, picos } from '#kernel/money.ts'
import { createShipper, type Shipper } from '#modules/metering/index.ts'
import type { Database } from '#platform/db/database.ts'
import { type GatewayFolders, type GatewayProcess, startGateway } from './gateway-process.ts'
import { addCustomer, type Customer } from './installation.ts'
import { getBalance, verifyBooks } from './posting.ts'
import { ask, told } from './stand.ts'

export interface StormOptions {
  readonly db: Database
  readonly databaseUrl: string
  readonly folders: GatewayFolders
  readonly replicas: number
  readonly durationMs: number
  readonly killEveryMs: number
  /** Callers with a balance of their own that lasts. */
  readonly callers: number
}

export interface StormOutcome {
  readonly kills: number
  readonly attempts: number
  /** Answers that reached their caller to the end. */
  readonly complete: number
  /** Answers that broke off, or never came. */
  readonly broken: number
  /** Refused because the balance was used up. */
  readonly unpaid: number
  /** Complete answers without their charge. */
  readonly lost: number
  /** Charges beyond one for a request. */
  readonly doubled: number
  /** What was spent or kept beyond what was charged and granted: sums of all customers. */
  readonly overspent: Money
  /** Tokens that reached callers of broken streams after the last word on disk. */
  readonly unrecordedTokens: number
  /** Checks of the books that do not hold. */
  readonly brokenChecks: readonly string[]
}

interface Attempt {
  readonly fromMs: number
  readonly toMs: number
  readonly tokens: number
  readonly words: number
  readonly end: 'complete' | 'broken' | 'unpaid' | 'refused'
}

interface Caller {
  readonly customer: Customer
  readonly attempts: Attempt[]
}

interface UsageRow {
  readonly fromMs: number
  readonly input: number
  readonly output: number
}

const TOKENS_MIN = 5
const TOKENS_STEPS = 60
/** Between two requests of a caller, so that their charges are told apart by time. */
const GAP_MS = 20
const POOR_CALLERS = 3
const POOR_USD = '0.02'
const RICH_USD = '10'
const MICRO_PICOS = 1_000_000n
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** The gateways, each started again when it was killed. */
class Group {
  readonly #options: StormOptions
  readonly #dead = new Set<string>()
  readonly #living: GatewayProcess[] = []
  readonly #starting = new Set<Promise<void>>()
  #port = 0
  kills = 0

  constructor(options: StormOptions) {
    this.#options = options
  }

  get url(): string {
    return this.#living[0]?.url ?? ''
  }

  isAlive = (writer: string): boolean => !this.#dead.has(writer)

  async start(): Promise<void> {
    for (let index = 0; index < this.#options.replicas; index++) await this.#startOne()
  }

  /** The oldest dies, and another takes its place as soon as it can. The last that lives is spared until then. */
  async killOne(): Promise<void> {
    const victim = this.#living.length > 1 ? this.#living.shift() : undefined
    if (!victim) return
    await victim.kill()
    this.kills += 1
    this.#dead.add(victim.writer)
    const starting = this.#startOne()
    this.#starting.add(starting)
    void starting.finally(() => this.#starting.delete(starting))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#starting)
    await Promise.all(this.#living.map((each) => each.stop()))
    for (const { writer } of this.#living) this.#dead.add(writer)
  }

  async #startOne(): Promise<void> {
    const { databaseUrl, folders } = this.#options
    const port = this.#port
    const started = await startGateway({ databaseUrl, folders, port, isPortShared: true })
    this.#port = started.port
    this.#living.push(started)
  }
}

export async function stormGateways(options: StormOptions): Promise<StormOutcome> {
  const { db, folders, callers, durationMs, killEveryMs } = options
  const group = new Group(options)
  await group.start()
  const shipper: Shipper = createShipper({
    database: db,
    directory: folders.journalDirectory,
    isWriterAlive: group.isAlive,
    now: () => new Date(),
    ids: idSource(Date.now),
    log: quiet,
  })
  shipper.start()
  const rich: Caller[] = []
  for (let index = 0; index < callers; index++)
    rich.push({
      customer: await addCustomer(db, { name: `Caller ${index}`, usd: RICH_USD }),
      attempts: [],
    })
  const customer = await addCustomer(db, { name: 'Poor', usd: POOR_USD })
  const poor = Array.from({ length: POOR_CALLERS }, (): Caller => ({ customer, attempts: [] }))
  const endMs = performance.now() + durationMs
  const calling = [...rich, ...poor].map((caller) => call(caller, group.url, endMs))
  while (performance.now() < endMs) {
    await Promise.all([group.killOne(), pause(killEveryMs)])
  }
  await Promise.all(calling)
  await group.stop()
  await shipper.drain()
  await shipper.stop()
  return judge(db, { rich, poor, kills: group.kills })
}

async function call({ customer, attempts }: Caller, url: string, endMs: number): Promise<void> {
  for (let turn = 0; performance.now() < endMs; turn++) {
    const tokens = TOKENS_MIN + (turn % TOKENS_STEPS)
    // Most are streams; some come in one piece.
    attempts.push(await attempt({ url, key: customer.key, tokens, isStream: turn % 4 !== 3 }))
    await pause(GAP_MS)
  }
}

interface Wish {
  readonly url: string
  readonly key: string
  readonly tokens: number
  readonly isStream: boolean
}

async function attempt({ url, key, tokens, isStream }: Wish): Promise<Attempt> {
  const fromMs = Date.now()
  let text = ''
  let status = 0
  let isWhole = false
  try {
    const body = told({ tokens, delayMs: 10 }, { stream: isStream, max_tokens: 100 })
    const response = await ask({ url, key, body })
    status = response.status
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) text += decoder.decode(piece, { stream: true })
    isWhole = status === 200 && (!isStream || text.endsWith('data: [DONE]\n\n'))
  } catch {
    // Cut by a kill, or nobody took the connection: what arrived counts.
  }
  const words = text.match(/word\d+/g)?.length ?? 0
  const end = isWhole
    ? 'complete'
    : status === 429
      ? 'unpaid'
      : status >= 400
        ? 'refused'
        : 'broken'
  return { fromMs, toMs: Date.now(), tokens, words, end }
}

interface Storm {
  readonly rich: readonly Caller[]
  readonly poor: readonly Caller[]
  readonly kills: number
}

async function judge(db: Database, { rich, poor, kills }: Storm): Promise<StormOutcome> {
  const sums = { lost: 0, doubled: 0, unrecordedTokens: 0 }
  let overspent = 0n
  for (const caller of rich) {
    const rows = await usageOf(db, caller.customer)
    for (const each of matchInTime(caller.attempts, rows)) {
      sums.lost += each.lost
      sums.doubled += each.doubled
      sums.unrecordedTokens += each.unrecordedTokens
    }
    overspent += await moneyOff(db, { customer: caller.customer, usd: RICH_USD, rows })
  }
  const [first] = poor
  if (first) {
    const rows = await usageOf(db, first.customer)
    const attempts = poor.flatMap((caller) => caller.attempts)
    sums.lost += lostAmong(attempts, rows)
    sums.doubled += Math.max(0, rows.length - attempts.filter(mayBeCharged).length)
    overspent += await moneyOff(db, { customer: first.customer, usd: POOR_USD, rows })
  }
  const all = [...rich, ...poor].flatMap((caller) => caller.attempts)
  const count = (end: Attempt['end']) => all.filter((each) => each.end === end).length
  const { checks } = await verifyBooks(db)
  return {
    kills,
    attempts: all.length,
    complete: count('complete'),
    broken: count('broken'),
    unpaid: count('unpaid'),
    ...sums,
    overspent: picos(overspent),
    brokenChecks: checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name),
  }
}

const mayBeCharged = ({ end }: Attempt) => end === 'complete' || end === 'broken'

async function usageOf(db: Database, customer: Customer): Promise<UsageRow[]> {
  const { rows } = await sql<{ from_at: Date; input: string; output: string }>`
    SELECT id, min(from_at) AS from_at,
      coalesce(sum(quantity) FILTER (WHERE sku LIKE '%.input'), 0)::text AS input,
      coalesce(sum(quantity) FILTER (WHERE sku LIKE '%.output'), 0)::text AS output
    FROM usage_event WHERE organization_id = ${customer.organizationId} GROUP BY id`.execute(db)
  return rows.map(({ from_at, input, output }) => ({
    fromMs: from_at.getTime(),
    input: Number(input),
    output: Number(output),
  }))
}

/** One caller's requests follow each other, so each charge belongs to the one that ran when it began. */
function matchInTime(attempts: readonly Attempt[], rows: readonly UsageRow[]) {
  const strays = rows.filter(
    ({ fromMs }) => !attempts.some((each) => isWithin(fromMs, each) && mayBeCharged(each)),
  )
  const perAttempt = attempts.filter(mayBeCharged).map((each) => {
    const own = rows.filter(({ fromMs }) => isWithin(fromMs, each))
    const charged = own[0]?.output ?? 0
    const isComplete = each.end === 'complete'
    return {
      lost: Number(isComplete && charged !== each.tokens),
      doubled: Math.max(0, own.length - 1) + Number(charged > each.tokens),
      unrecordedTokens: isComplete ? 0 : Math.max(0, each.words - charged),
    }
  })
  return [...perAttempt, { lost: 0, doubled: strays.length, unrecordedTokens: 0 }]
}

function isWithin(atMs: number, { fromMs, toMs }: Attempt): boolean {
  return atMs >= fromMs - GAP_MS / 2 && atMs <= toMs + GAP_MS / 2
}

/** Callers at once on one balance: as many charges of each size as there were complete answers of it. */
function lostAmong(attempts: readonly Attempt[], rows: readonly UsageRow[]): number {
  const complete = attempts.filter(({ end }) => end === 'complete')
  return [...new Set(complete.map(({ tokens }) => tokens))].reduce((lost, tokens) => {
    const answers = complete.filter((each) => each.tokens === tokens).length
    const charges = rows.filter(({ output }) => output === tokens).length
    return lost + Math.max(0, answers - charges)
  }, 0)
}

interface Purse {
  readonly customer: Customer
  readonly usd: string
  readonly rows: readonly UsageRow[]
}

/** By how much a balance is below zero, differs from what was granted less what was used, or is still held. */
async function moneyOff(db: Database, { customer, usd, rows }: Purse): Promise<bigint> {
  const { posted, held } = await getBalance(db, customer.organizationId)
  // One USD a million tokens in, two a million out.
  const used = rows.reduce(
    (sum, { input, output }) => sum + BigInt(input + 2 * output) * MICRO_PICOS,
    0n,
  )
  const difference = money(usd) - used - posted
  const below = posted < 0n ? -posted : 0n
  return below + (difference < 0n ? -difference : difference) + held
}
