/**
 * What the benchmark of the console stands on: a real installation, in whose database a planned fleet is written beside
 * what the machine has: sites, pools, racks, nodes, and claims of every kind. Nothing runs on those nodes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReclaimPolicy, ReclaimTerms } from '@spillway/contract'
import { idSource, newId } from '../../packages/server/src/kernel/ids.ts'
import { type Database, openDatabase } from '../../packages/server/src/platform/db/database.ts'
import { startEmbedded } from '../../packages/server/src/platform/db/embedded/index.ts'
import {
  startInstallation,
  type TestInstallation,
} from '../../packages/server/test/harness/installation.ts'

export interface FleetPlan {
  readonly nodes: number
  readonly slotsPerNode: number
}

export interface Stand {
  readonly installation: TestInstallation
  readonly db: Database
  readonly close: () => Promise<void>
}

const ids = idSource(() => Date.now())
const SITES = [
  { name: 'us-east', region: 'us-east-1', pools: ['h200-a', 'h200-b', 'h100'] },
  { name: 'eu-north', region: 'eu-north-1', pools: ['h200-eu', 'b200'] },
] as const
const NODES_PER_RACK = 8
const ORGANIZATIONS = 14

async function writePlaces(db: Database): Promise<void> {
  for (const { name, region, pools } of SITES) {
    await db
      .insertInto('site')
      .values({
        ...{ name, region, jurisdiction: 'US', ownership: 'owned', pue: 1.2 },
        power_usd_per_kwh: '0.08',
      })
      .execute()
    for (const pool of pools)
      await db
        .insertInto('pool')
        .values({
          ...{ name: pool, site_name: name, accelerator: 'NVIDIA H200', accelerator_kind: 'gpu' },
          ...{ engine: 'local', finding: 'Planned for a benchmark.', capex_usd_per_gpu: '32000' },
          ...{ residual_fraction: 0.1, life_years: 5, power_kw_per_gpu: 0.7 },
          ...{ idle_power_fraction: 0.2, opex_usd_per_gpu_hour: '0.1' },
          reclaim: JSON.stringify(POLICY),
        })
        .execute()
  }
}

function terms(noticeMs: number): ReclaimTerms {
  const compensation = { kind: 'none' } as const
  return { by: ['anchor'], noticeMs, minimumRunMs: 0, perMonthMax: null, compensation }
}

const POLICY: ReclaimPolicy = {
  ...{ on_demand: { ...terms(300_000), by: [] }, spot: terms(120_000), flex: terms(0) },
  evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
  anchorHeadroom: 0,
}

interface PlannedNode {
  readonly id: string
  readonly pool: string
  readonly name: string
  readonly rack: string
  readonly state: string
}

/** The same fleet each time: what varies follows from the number of the node. */
function planNodes(count: number): readonly PlannedNode[] {
  const pools: readonly string[] = SITES.flatMap((site) => site.pools)
  const perPool = Math.ceil(count / pools.length)
  return Array.from({ length: count }, (_, index) => {
    const pool = pools[Math.floor(index / perPool)] ?? 'h100'
    const place = index % perPool
    const state = index % 211 === 7 ? 'faulty' : index % 97 === 5 ? 'draining' : 'ready'
    return {
      ...{ id: newId('node', ids), pool, state },
      name: `${pool}-${String(place + 1).padStart(4, '0')}`,
      rack: `${pool}-r${String(Math.floor(place / NODES_PER_RACK) + 1).padStart(3, '0')}`,
    }
  })
}

/** Rows a statement: below what the protocol takes as parameters. */
const ROWS = 2000

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += ROWS) yield items.slice(from, from + ROWS)
}

async function writeNodes(
  db: Database,
  nodes: readonly PlannedNode[],
  slotCount: number,
): Promise<void> {
  for (const some of chunks(nodes))
    await db
      .insertInto('node')
      .values(
        some.map(({ pool, ...rest }) => ({
          ...rest,
          ...{ pool_name: pool, slot_count: slotCount, hardware: 'NVIDIA H200', fabric: pool },
          active_from: new Date(),
        })),
      )
      .execute()
}

interface PlannedClaim {
  readonly id: string
  readonly node: string
  readonly slots: string
  readonly kind: string
  readonly lease: string | null
  readonly organization: string | null
  readonly isLeaving: boolean
}

const KINDS = ['anchor', 'anchor', 'spot', 'on_demand', 'spot', 'flex', 'serving', 'reserved']

interface Part {
  readonly kind: string
  readonly from: number
  readonly to: number
}

/** Most nodes are full, some hold several leases, some are empty; a few slots are broken or taken out. */
function partsOf(at: number, slots: number): readonly Part[] {
  const kind = KINDS[Math.floor(at / 4) % KINDS.length] ?? 'spot'
  if (at % 61 === 3) return [{ kind: 'faulty', from: 0, to: 1 }]
  if (at % 173 === 11) return [{ kind: 'maintenance', from: 0, to: slots }]
  if (at % 11 === 4) return []
  if (at % 5 !== 2 || slots < 4) return [{ kind, from: 0, to: slots }]
  return [
    { kind, from: 0, to: slots / 4 },
    { kind: 'spot', from: slots / 2, to: slots - 1 },
  ]
}

/** Neighbouring nodes share a lease, as gangs do. */
function planClaims(
  nodes: readonly PlannedNode[],
  slots: number,
  organizations: readonly string[],
): readonly PlannedClaim[] {
  return nodes.flatMap((node, at) =>
    partsOf(at, slots).map(({ kind, from, to }) => {
      const isOwned = kind !== 'faulty' && kind !== 'maintenance'
      const gang = Math.floor(at / 4)
      const organization = organizations[(gang * gang) % organizations.length] ?? null
      return {
        ...{ id: newId('claim', ids), node: node.id, slots: `{[${from},${to})}`, kind },
        lease: isOwned ? leaseId(gang * 3 + from) : null,
        organization: isOwned ? organization : null,
        isLeaving: isOwned && at % 53 === 9,
      }
    }),
  )
}

const leaseIds = new Map<number, string>()

function leaseId(number: number): string {
  const id = leaseIds.get(number) ?? newId('lease', ids)
  leaseIds.set(number, id)
  return id
}

async function writeClaims(db: Database, claims: readonly PlannedClaim[]): Promise<void> {
  const now = new Date()
  for (const some of chunks(claims))
    await db
      .insertInto('claim')
      .values(
        some.map(({ id, node, slots, kind, lease, organization, isLeaving }) => ({
          ...{ id, node_id: node, slots, kind, lease_id: lease, organization_id: organization },
          ...{ starts_at: now, draining_from: isLeaving ? now : null },
        })),
      )
      .execute()
}

async function writeOrganizations(db: Database): Promise<readonly string[]> {
  const made = Array.from({ length: ORGANIZATIONS }, () => newId('organization', ids))
  await db
    .insertInto('organization')
    .values(
      made.map((id, index) => ({
        ...{ id, name: `customer ${index + 1}`, kind: 'customer', created_at: new Date() },
      })),
    )
    .execute()
  return made
}

export async function openStand({ nodes: count, slotsPerNode }: FleetPlan): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const postgres = await startEmbedded({ dataDir: folder })
  const installation = await startInstallation({ databaseUrl: postgres.url })
  const db = openDatabase(postgres.url)
  await writePlaces(db)
  const organizations = await writeOrganizations(db)
  const nodes = planNodes(count)
  await writeNodes(db, nodes, slotsPerNode)
  await writeClaims(db, planClaims(nodes, slotsPerNode, organizations))
  return {
    installation,
    db,
    close: async () => {
      await db.destroy()
      await installation.stop()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
