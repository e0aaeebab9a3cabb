/** What blocks have booked is kept from orders that would stay, and shown in the calendar. */
import { afterEach, expect, test } from 'vitest'
import { insertBooking } from '#modules/book/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { answerOffers } from './offer-service.ts'
import { makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'
import { answerCalendar } from './worth-service.ts'

const HOUR_MS = 3_600_000
let stand: OrderStand

afterEach(() => stand.dispose())

async function begin() {
  stand = await makeOrderStand((await cloneDatabase()).db)
  const { buyer, database, clock } = stand
  const owner = await buyer('owner')
  const startsAt = new Date(clock.now().getTime() + 5 * HOUR_MS)
  const endsAt = new Date(startsAt.getTime() + HOUR_MS)
  const gang = { gpus: 12, nodes: 3, fabric: 'any', leadMs: 0 } as const
  await inTransaction(database, (tx) =>
    insertBooking(tx, { id: 'blk_test', ...owner, pool: POOL, ...gang, startsAt, endsAt }),
  )
  return stand
}

test('an order in line for good stays in line where only what is booked is free; spot is sold until then', async () => {
  const { buyer, order, clear, find } = await begin()
  const a = await buyer('a')
  const inLine = { kind: 'on_demand', start: 'when_it_fits', limit: null } as const
  const large = await order(a, { ...inLine, gpus: 8, nodes: 2 })
  const small = await order(a, { ...inLine, gpus: 4 })
  const spot = await order(a, { gpus: 8, nodes: 2, limit: '0.9' })
  const outcome = await clear()
  expect(outcome.kind).toBe('wait')
  expect((await find(large.id)).state).toBe('standing')
  expect((await find(small.id)).state).toBe('filled')
  expect((await find(spot.id)).state).toBe('filled')
})

test('the calendar shows what is booked, and what is free beside it', async () => {
  const { database, clock } = await begin()
  const asked = { from: null, hours: 7, now: clock.now() }
  const { hours } = await answerCalendar(database, POOL, asked)
  expect(hours.map(({ gpusBooked }) => gpusBooked)).toEqual([0, 0, 0, 0, 0, 12, 0])
  expect(hours.map(({ gpusFree }) => gpusFree)).toEqual([16, 16, 16, 16, 16, 4, 16])
})

test('on demand is offered beside what is booked: less of it for good, all of it for a while, and later', async () => {
  const { buyer, database, clock } = await begin()
  const a = await buyer('a')
  const asked = {
    ...{ ...a, gpus: 8, nodes: 2, pool: POOL, tier: 'on_demand' as const, limit: null, from: null },
    ...{ accelerator: undefined, site: undefined, region: undefined, jurisdiction: undefined },
    most: 10,
  }
  const offers = async (durationMs: number | undefined) => {
    const { items } = await answerOffers(database, { ...asked, durationMs }, clock.now())
    const onDemand = items.filter(({ tier }) => tier === 'on_demand')
    return onDemand.map(({ gpus, differs, startsAt }) => [gpus, differs.join(), startsAt])
  }
  const now = clock.now().toISOString()
  const over = new Date(clock.now().getTime() + 6 * HOUR_MS).toISOString()
  expect(await offers(undefined)).toEqual([
    [8, 'start', over],
    [4, 'gpus', now],
  ])
  expect(await offers(4 * HOUR_MS)).toEqual([[8, '', now]])
})
