import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase } from '../../../test/harness/index.ts'
import type { Lease } from './lease.ts'
import { listReclaimsOf } from './reclaim-store.ts'
import { makeStand, type Stand } from './testing/stand.ts'

const { db } = await cloneDatabase()
const MINUTE_MS = 60_000

let stand: Stand
let spots: readonly Lease[] = []

beforeAll(async () => {
  stand = await makeStand(db)
})

afterAll(() => stand.dispose())

async function statesOf(leases: readonly Lease[]): Promise<readonly string[]> {
  return Promise.all(leases.map(async ({ id }) => (await stand.lease(id)).state))
}

function counted(states: readonly string[], state: string): number {
  return states.filter((each) => each === state).length
}

/** The owner starts one job of one GPU a minute, for so many minutes. */
async function rise(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await stand.ask('anchor', 1)
    await stand.look()
    await stand.look(MINUTE_MS - 1000)
  }
}

test('spot uses what the owner leaves, and nobody goes while the owner’s demand is level', async () => {
  await stand.ask('anchor', 1)
  await stand.look()
  spots = [await stand.ask('spot', 4), await stand.ask('spot', 4), await stand.ask('spot', 1)]
  await stand.look()
  await stand.look()
  for (let minute = 0; minute < 12; minute++) await stand.look(MINUTE_MS)
  expect(await statesOf(spots)).toEqual(['running', 'running', 'running'])
  for (const { id } of spots) expect((await stand.lease(id)).riskAt).toBeNull()
})

test('while it rises, the risk is told first, in the timeline and to the command, and once only', async () => {
  await rise(5)
  const atRisk = (await Promise.all(spots.map(({ id }) => stand.lease(id)))).filter(
    ({ riskAt }) => riskAt !== null,
  )
  expect(atRisk.length).toBeGreaterThan(0)
  for (const { id } of atRisk) {
    await stand.look()
    const facts = await stand.facts(id)
    expect(facts.filter((type) => type === 'lease.risk_elevated').length).toBe(1)
    expect(facts).toContain('lease.risk_delivered')
    expect(facts).not.toContain('lease.notice_given')
  }
})

test('then spot gives way before the owner’s work asks for the room, with its notice, record and credit', async () => {
  await rise(3)
  const given = await statesOf(spots)
  expect(counted(given, 'running')).toBeLessThan(spots.length)
  const [first] = spots.filter((_, index) => given[index] !== 'running')
  const [reclaim] = await listReclaimsOf(db, first?.id ?? '')
  expect(reclaim).toMatchObject({ cause: 'shrink', byKind: 'anchor', forLease: null })
  expect(reclaim?.reason).toMatch(/the owner's demand rises and will want \d slots? soon/)
  for (let look = 0; look < 3; look++) await stand.look(MINUTE_MS / 2)
  const [closed] = await listReclaimsOf(db, first?.id ?? '')
  expect(closed?.noticeDeliveredAt).not.toBeNull()
  // Ten minutes at 0.90 per GPU-hour, for each of its GPUs.
  expect(closed?.compensationUsd).toBe(150_000_000_000n * BigInt(closed?.gpus ?? 0))
})

test('when it no longer rises, the risk passes, and room is sold again', async () => {
  for (let minute = 0; minute < 12; minute++) await stand.look(MINUTE_MS)
  const left = (await Promise.all(spots.map(({ id }) => stand.lease(id)))).filter(
    ({ state }) => state === 'running',
  )
  for (const { id, riskAt, riskToldAt } of left) {
    expect(riskAt).toBeNull()
    if (riskToldAt === null) continue
    const facts = await stand.facts(id)
    expect(facts).toContain('lease.risk_passed')
    // Where the command was told, it is told that it is over.
    const withdrawn = facts.includes('lease.risk_delivered') ? ['lease.risk_withdrawn'] : []
    expect(facts.filter((type) => type === 'lease.risk_withdrawn')).toEqual(withdrawn)
  }
  const again = await stand.ask('spot', 1)
  await stand.look()
  await stand.look()
  expect((await stand.lease(again.id)).state).toBe('running')
})
