/**
 * What the fleet benchmark stands on: PostgreSQL, and for each size a database of its own with a simulated fleet that is
 * nearly full of leases that run. The leases are copied from one that the product itself has brought to run.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idSource, newId } from '../../packages/server/src/kernel/ids.ts'
import { money } from '../../packages/server/src/kernel/money.ts'
import {
  applyFleet,
  listNodes,
  readFleetFile,
} from '../../packages/server/src/modules/fleet/index.ts'
import { surveyFleet } from '../../packages/server/src/modules/fleet/index.ts'
import { createOrganization } from '../../packages/server/src/modules/identity/index.ts'
import {
  Beat,
  createLease,
  MeterRounds,
  runCycle,
  stepLease,
} from '../../packages/server/src/modules/lease/index.ts'
import { grantCredit, openCustomerAccount } from '../../packages/server/src/modules/ledger/index.ts'
import {
  type Database,
  inTransaction,
  openDatabase,
} from '../../packages/server/src/platform/db/database.ts'
import {
  type Embedded,
  startEmbedded,
} from '../../packages/server/src/platform/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/platform/db/migrate.ts'
import { createEngines } from '../../packages/server/src/platform/engines/engine.ts'
import {
  createSimulatedEngine,
  type SimulatedEngine,
} from '../../packages/server/src/platform/engines/simulated/simulated-engine.ts'
import { monotonicMs } from '../../packages/server/src/platform/processes/machine-clock.ts'
import { declarePrices } from '../../packages/server/src/processes/fleet-start.ts'
import { sql } from '../../packages/server/test/harness/raw-database.ts'
import { Client } from '../../packages/server/test/harness/raw-database.ts'
import { type Seat, seatsOf } from './seats.ts'

export const ids = idSource(() => Date.now())
export const POOL = 'paper'
const SLOTS = 8
const ORGANIZATIONS = 50
const BEGAN = { wallMs: Date.now(), monotonicMs: monotonicMs() }

export const now = () => new Date(BEGAN.wallMs + monotonicMs() - BEGAN.monotonicMs)
const instantOf = (_: string, ms: number) => new Date(BEGAN.wallMs + ms - BEGAN.monotonicMs)

export interface Ground {
  readonly folder: string
  readonly postgres: Embedded
  readonly close: () => Promise<void>
}

export interface Customer {
  readonly organizationId: string
  readonly projectId: string
}

export interface Fleet {
  readonly database: Database
  readonly url: string
  readonly engine: SimulatedEngine
  readonly customers: readonly Customer[]
  readonly leases: number
  readonly gpus: number
  /** What the lease module's use cases and steps take. */
  readonly deps: ReturnType<typeof depsOf>
  readonly close: () => Promise<void>
}

export async function openGround(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const postgres = await startEmbedded({ dataDir: folder })
  return {
    folder,
    postgres,
    close: async () => {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An empty database with all tables. */
export async function openEmpty({ postgres }: Ground, name: string): Promise<string> {
  const admin = new Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = new URL(postgres.url)
  url.pathname = `/${name}`
  await migrate(url.href)
  return url.href
}

function fleetText(nodes: number): string {
  return `
installation: bench
sites:
  - name: site
    region: r
    jurisdiction: j
    ownership: owned
    powerUsdPerKwh: 0.1
    pools:
      - name: ${POOL}
        engine: simulated
        accelerator: NVIDIA H200
        simulated: { nodes: ${nodes}, slotsPerNode: ${SLOTS} }
        priceUsdPerGpuHour: { on_demand: 3.2, spot: 1.4, flex: 0.8 }
        cost: { capexUsdPerGpu: 36000, lifeYears: 5 }
        power: { kwPerGpu: 1 }
`
}

function readFleet(nodes: number) {
  const read = readFleetFile(fleetText(nodes))
  if (read.kind === 'refused') throw new Error(read.faults[0]?.message)
  return read
}

function depsOf(database: Database, engine: SimulatedEngine, nodes: number) {
  const declared = readFleet(nodes).fleet.sites.flatMap(({ pools }) => pools)
  return {
    pepper: '',
    beat: new Beat(),
    rounds: new MeterRounds(),
    declared: new Map(declared.map((pool) => [pool.name, pool])),
    database,
    engines: createEngines(new Map([[POOL, engine]])),
    now,
    ids,
    instantOf,
    onTrouble: (leaseId: string, error: unknown) =>
      process.stderr.write(`${leaseId}: ${String(error)}\n`),
  }
}

export function makeEngine(directory: string, nodes: number): SimulatedEngine {
  return createSimulatedEngine({
    directory,
    layout: {
      ...{ prefix: POOL, nodes, slotsPerNode: SLOTS, hardware: 'NVIDIA H200', nodesPerRack: 4 },
      ...{ racksPerFabric: 8, preemptionGraceMs: 30_000, killWaitMs: 5000, seed: 1, anchor: null },
      faults: { nodeDownsPerNodeYear: 0, slotFaultsPerSlotYear: 0, repairMinutes: 60 },
    },
  })
}

export async function declareFleet(
  database: Database,
  engine: SimulatedEngine,
  nodes: number,
): Promise<void> {
  const { fleet, lineOf } = readFleet(nodes)
  const found = new Map([[POOL, await engine.inventory()]])
  const survey = surveyFleet({ fleet, lineOf, found })
  if (survey.kind === 'refused') throw new Error(survey.faults[0]?.message)
  await inTransaction(database, async (tx) => {
    await applyFleet(tx, { fleet, survey, found, claimedNodeIds: new Set(), now: now(), ids })
    await declarePrices(tx, fleet, { now: now(), ids })
  })
}

async function openCustomers(database: Database): Promise<readonly Customer[]> {
  return inTransaction(database, async (tx) => {
    const customers: Customer[] = []
    for (let index = 0; index < ORGANIZATIONS; index++) {
      const { id, projectId } = await createOrganization(
        tx,
        { name: `customer ${index}`, kind: 'customer', now: now() },
        { pepper: '', ids },
      )
      await openCustomerAccount(tx, id)
      const credit = { organizationId: id, amount: money('1000000000'), source: id }
      await grantCredit(tx, { ...credit, now: now(), ids })
      customers.push({ organizationId: id, projectId })
    }
    return customers
  })
}

export const REQUEST = {
  ...{
    mode: 'job' as const,
    command: ['train'],
    environment: {},
    graceMs: 5000,
    fabric: 'any' as const,
  },
  ...{ noticeSignal: 'SIGTERM', requeue: 'never' as const, maxPriceUsd: null, pool: POOL },
}

/** Asks for a lease, each time as another customer. */
export async function ask({ deps, customers }: Fleet, turn: number, gpus: number): Promise<string> {
  const customer = customers[turn % customers.length] as Customer
  const request = { ...REQUEST, ...customer, kind: 'spot' as const, gpus }
  const { id } = await inTransaction(deps.database, (tx) =>
    createLease(tx, request, { now: now(), ids }),
  )
  return id
}

/** One lease, as the product brings it to run. */
async function firstLease({ deps }: Pick<Fleet, 'deps'>, customer: Customer): Promise<string> {
  const { database } = deps
  const request = { ...REQUEST, ...customer, kind: 'spot' as const, gpus: 1 }
  const { id } = await inTransaction(database, (tx) =>
    createLease(tx, request, { now: now(), ids }),
  )
  await runCycle(deps)
  await stepLease(deps, id)
  await stepLease(deps, id)
  return id
}

interface Copy extends Seat {
  readonly id: string
  readonly claimId: string
  readonly holdId: string
  readonly customer: Customer
}

/** Copies the row of a lease that runs, its claim, its hold and its strand. */
async function copyRows(
  { database }: Fleet['deps'],
  model: string,
  rows: readonly Copy[],
): Promise<void> {
  const column = <Value>(of: (row: Copy) => Value) => rows.map(of)
  await inTransaction(database, async (tx) => {
    await sql`CREATE TEMP TABLE seat ON COMMIT DROP AS SELECT * FROM unnest(
      ${column((row) => row.id)}::text[], ${column((row) => row.claimId)}::text[], ${column((row) => row.holdId)}::text[],
      ${column((row) => row.kind)}::text[], ${column((row) => row.slots.length)}::int[], ${column((row) => row.nodeId)}::text[],
      ${column((row) => `{[${row.slots[0] ?? 0},${(row.slots.at(-1) ?? 0) + 1})}`)}::text[],
      ${column((row) => JSON.stringify([{ nodeId: row.nodeId, slots: row.slots }]))}::text[],
      ${column((row) => row.customer.organizationId)}::text[], ${column((row) => row.customer.projectId)}::text[]
    ) AS t (id, claim_id, hold_id, kind, gpus, node_id, slots, placements, organization_id, project_id)`.execute(
      tx,
    )
    // The record is made in FROM: made among the columns, it would be made again for each of them.
    await sql`INSERT INTO hold SELECT made.*
      FROM seat s CROSS JOIN lease l JOIN hold h ON h.id = l.hold_id,
        jsonb_populate_record(h, jsonb_build_object('id', s.hold_id, 'reference', s.id,
          'account_id', 'customer_prepaid:' || s.organization_id, 'amount', h.amount * s.gpus)) AS made
      WHERE l.id = ${model}`.execute(tx)
    await sql`UPDATE balance b SET held = held + n.amount FROM (SELECT account_id, sum(amount) AS amount FROM hold
      WHERE reference IN (SELECT id FROM seat) GROUP BY account_id) n WHERE b.account_id = n.account_id`.execute(
      tx,
    )
    await sql`INSERT INTO lease SELECT made.*
      FROM seat s JOIN price p ON p.sku = 'gpu.' || ${POOL} || '.' || s.kind CROSS JOIN lease l,
        jsonb_populate_record(l, jsonb_build_object('id', s.id, 'kind', s.kind,
          'gpus', s.gpus, 'placements', s.placements::jsonb, 'hold_id', s.hold_id,
          'organization_id', s.organization_id, 'project_id', s.project_id, 'price_id', p.id,
          'price_usd', p.amount_usd)) AS made
      WHERE l.id = ${model}`.execute(tx)
    await sql`INSERT INTO claim (id, node_id, slots, kind, lease_id, organization_id, starts_at)
      SELECT claim_id, node_id, slots::int4multirange, kind, id, organization_id, ${now()}::timestamptz FROM seat`.execute(
      tx,
    )
    await sql`INSERT INTO strand (program, subject, wake_at) SELECT 'lease', id, ${now()}::timestamptz + random() * interval '5 s'
      FROM seat`.execute(tx)
  })
}

/** A lease on every seat, as the model runs, with its attempt on the engine. */
async function fill(
  { deps, engine, customers }: Pick<Fleet, 'deps' | 'engine' | 'customers'>,
  model: string,
  seats: readonly Seat[],
): Promise<void> {
  const rows = seats.map((seat, index) => ({
    ...seat,
    id: newId('lease', ids),
    claimId: newId('claim', ids),
    holdId: newId('hold', ids),
    customer: customers[index % customers.length] as Customer,
  }))
  await copyRows(deps, model, rows)
  await Promise.all(
    rows.map(({ id, kind, node, slots, customer }) =>
      engine.admit({
        ...{ attemptId: `${id}-1`, leaseId: id, organizationId: customer.organizationId, kind },
        ...{ placements: [{ node, slots }], acceleratorKind: 'gpu' as const, command: ['train'] },
        ...{
          tenant: 'customer' as const,
          environment: {},
          workingDirectory: null,
          timeLimitMs: null,
        },
      }),
    ),
  )
}

/** A fleet of so many nodes with eight GPUs each, two leases a node, and one of sixteen GPUs free. */
export async function openFleet(ground: Ground, nodes: number): Promise<Fleet> {
  const url = await openEmpty(ground, `fleet_${nodes}`)
  const database = openDatabase(url, { poolMax: 12 })
  const engine = makeEngine(join(ground.folder, `fleet-${nodes}`), nodes)
  const deps = depsOf(database, engine, nodes)
  await declareFleet(database, engine, nodes)
  const customers = await openCustomers(database)
  const model = await firstLease({ deps }, customers[0] as Customer)
  const used = await sql<{ node_id: string }>`SELECT node_id FROM claim`.execute(database)
  const seats = seatsOf(
    (await listNodes(database)).filter(({ id }) => id !== used.rows[0]?.node_id),
  )
  await fill({ deps, engine, customers }, model, seats)
  // They began when the engine was asked, not when the model did: book and engine are to agree.
  await sql`UPDATE lease SET started_at = ${now()}, metered_until = ${now()} WHERE state = 'running'`.execute(
    database,
  )
  await sql`ANALYZE`.execute(database)
  const gpus = seats.reduce((sum, { slots }) => sum + slots.length, 1)
  return {
    database,
    url,
    engine,
    customers,
    leases: seats.length + 1,
    gpus,
    deps,
    close: () => database.destroy(),
  }
}
