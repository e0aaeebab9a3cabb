/** Keys against a real database: taken by one, told later where that must be, and forgotten after their time. */
import { afterAll, expect, test } from 'vitest'
import { idSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { openDatabase } from '#platform/db/database.ts'
import { openDatabaseLine } from '../../../test/gateway/database-line.ts'
import { addCustomer } from '../../../test/gateway/installation.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { KEYED_ANSWER_KEPT_MS } from '../../limits.ts'
import { deleteOldKeyedCalls, KeyedCalls } from './keyed-call-service.ts'
import { crowdOut } from './keyed-call-store.ts'
import type { Claim, Claiming, KeyedRequest } from './keyed-call.ts'

const { db, url } = await cloneDatabase()
const { organizationId } = await addCustomer(db, { name: 'Ada', usd: '1' })
const line = await openDatabaseLine(url)
const overLine = openDatabase(line.url, { poolMax: 2 })
afterAll(async () => {
  await overLine.destroy()
  await line.close()
})

const ids = idSource(Date.now)
let now = new Date('2026-01-15T12:00:00.000Z')
const calls = new KeyedCalls({
  ...{ database: overLine, pepper: 'pepper', writer: 'w', now: () => now },
  newEventId: () => renderUuid(uuidBytes(ids)),
  onFailure: () => undefined,
})

function request(key: string, body = 'body'): KeyedRequest {
  const asked = {
    organizationId,
    principalId: 'key',
    key,
    dialect: 'chat',
    requestId: `req_${key}`,
  }
  return { ...asked, body: Buffer.from(body) }
}

function claimOf(claiming: Claiming): Claim {
  if (claiming.kind !== 'claimed') throw new Error(claiming.kind)
  return claiming.claim
}

const answered = (key: string) => ({
  kind: 'answered' as const,
  answer: { requestId: `req_${key}`, headers: {}, body: `answer of ${key}` },
})

test('of fifty at once one has the key', async () => {
  const claimings = await Promise.all(
    Array.from({ length: 50 }, () => calls.claim(request('once'))),
  )
  const kinds = claimings.map(({ kind }) => kind).toSorted()
  expect(kinds).toEqual(['claimed', ...Array.from({ length: 49 }, () => 'running')])
})

test('while the database is away nobody gets a key, and what ended meanwhile is told when it is back', async () => {
  const claim = claimOf(await calls.claim(request('away')))
  line.cut()
  await calls.settle(claim, answered('away'))
  expect(await calls.claim(request('another'))).toEqual({ kind: 'unavailable' })
  line.mend()
  await calls.tick()
  expect(await calls.claim(request('away'))).toMatchObject(answered('away'))
})

test('after its time a key is new, as another event, and what the old one comes to say late changes nothing', async () => {
  const old = claimOf(await calls.claim(request('old')))
  now = new Date(now.getTime() + KEYED_ANSWER_KEPT_MS + 1)
  const next = claimOf(await calls.claim(request('old', 'another body')))
  expect(next.eventId).not.toBe(old.eventId)
  await calls.settle(old, answered('old'))
  expect(await calls.claim(request('old', 'another body'))).toEqual({ kind: 'running' })
  await calls.settle(next, { kind: 'free' })
  await deleteOldKeyedCalls(db, new Date(now.getTime() + KEYED_ANSWER_KEPT_MS + 1))
  const left = await db.selectFrom('keyed_call').select('id').execute()
  expect(left).toEqual([])
})

test('answers beyond an organization\u2019s room give way, oldest first, and are not run again', async () => {
  for (const key of ['one', 'two', 'three']) {
    now = new Date(now.getTime() + 1000)
    await calls.settle(claimOf(await calls.claim(request(key))), answered(key))
  }
  const { bytes } = await db
    .selectFrom('keyed_call')
    .select('bytes')
    .limit(1)
    .executeTakeFirstOrThrow()
  await crowdOut(db, { organizationId, bytesMax: 2 * bytes + 10 })
  const spent = { kind: 'spent', why: 'crowded_out', requestId: 'req_one' }
  expect(await calls.claim(request('one'))).toEqual(spent)
  expect(await calls.claim(request('three'))).toMatchObject({ kind: 'answered' })
})
