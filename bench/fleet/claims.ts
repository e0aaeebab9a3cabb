/** Claims written in batches, with the exclusion constraint on: through the book, and by PostgreSQL alone in the same run. */
import { join } from 'node:path'
import { newId } from '../../packages/server/src/kernel/ids.ts'
import { openClaims } from '../../packages/server/src/modules/book/index.ts'
import {
  type Database,
  inTransaction,
  openDatabase,
} from '../../packages/server/src/platform/db/database.ts'
import { Client, sql } from '../../packages/server/test/harness/raw-database.ts'
import { type Figure, figureOf } from '../run/result.ts'
import { declareFleet, type Ground, ids, makeEngine, now, openEmpty } from './stand.ts'

const BATCH = 500
const SLOTS = 8

/** Nodes without number, copied from one that the product entered. */
async function addNodes(
  ground: Ground,
  database: Database,
  nodes: number,
): Promise<readonly string[]> {
  await declareFleet(database, makeEngine(join(ground.folder, 'claims'), 1), 1)
  const names = Array.from({ length: nodes }, () => newId('node', ids))
  await sql`INSERT INTO node
    SELECT (jsonb_populate_record(node, jsonb_build_object('id', copy.id, 'name', copy.id))).*
    FROM node, unnest(${names}::text[]) AS copy (id)`.execute(database)
  return names
}

function batchesOf(nodeIds: readonly string[]) {
  const places = nodeIds.flatMap((nodeId) =>
    Array.from({ length: SLOTS }, (_, slot) => ({ nodeId, slots: [slot] })),
  )
  return Array.from({ length: Math.ceil(places.length / BATCH) }, (_, index) =>
    places.slice(index * BATCH, (index + 1) * BATCH),
  )
}

type Write = (batch: ReturnType<typeof batchesOf>[number]) => Promise<unknown>

async function perSecond(nodeIds: readonly string[], write: Write): Promise<number> {
  const batches = batchesOf(nodeIds)
  const began = performance.now()
  const lanes = [0, 1].map(async (lane) => {
    for (let index = lane; index < batches.length; index += 2) await write(batches[index] ?? [])
  })
  await Promise.all(lanes)
  return (nodeIds.length * SLOTS * 1000) / (performance.now() - began)
}

export async function measureClaims(ground: Ground, quick: boolean): Promise<Figure[]> {
  const url = await openEmpty(ground, 'claims')
  const database = openDatabase(url)
  const clients = [0, 1].map(() => new Client({ connectionString: url }))
  // When the benchmark fails, its own error counts, not that these were left open.
  for (const client of clients) client.on('error', () => {})
  await Promise.all(clients.map((client) => client.connect()))
  const rounds = quick ? 3 : 5
  const perRound = quick ? 1000 : 5000
  const nodeIds = await addNodes(ground, database, rounds * perRound)
  const round = async (index: number, write: Write) => {
    const taken = await perSecond(nodeIds.slice(index * perRound, (index + 1) * perRound), write)
    await sql`DELETE FROM claim`.execute(database)
    await sql`VACUUM claim`.execute(database)
    return taken
  }
  const terms = { kind: 'spot', leaseId: null, organizationId: null } as const
  const throughBook: Write = (batch) =>
    inTransaction(database, (tx) => openClaims(tx, batch, { ...terms, now: now(), ids }))
  let turns = 0
  const alone: Write = (batch) =>
    clients[turns++ % 2]?.query(
      `INSERT INTO claim (id, node_id, slots, kind, starts_at) SELECT gen_random_uuid()::text, n, s::int4multirange, 'spot', now()
        FROM unnest($1::text[], $2::text[]) AS t (n, s)`,
      [
        batch.map(({ nodeId }) => nodeId),
        batch.map(({ slots }) => `{[${slots[0]},${(slots[0] ?? 0) + 1})}`),
      ],
    ) ?? Promise.resolve()
  const book: number[] = []
  const bare: number[] = []
  for (let index = 0; index < rounds; index++) {
    book.push(await round(index, throughBook))
    bare.push(await round(index, alone))
  }
  await Promise.all(clients.map((client) => client.end()))
  await database.destroy()
  const target = { kind: 'at_least', value: 30_000 } as const
  const unit = 'claims/s'
  return [
    figureOf({ name: `claims written through the book, batches of ${BATCH}`, unit, target }, book),
    figureOf({ name: 'the same by PostgreSQL alone', unit }, bare),
    figureOf(
      { name: 'book / PostgreSQL alone', unit: 'ratio' },
      book.map((each, index) => each / (bare[index] ?? 1)),
    ),
  ]
}
