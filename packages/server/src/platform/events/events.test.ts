import { expect, test } from 'vitest'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { EVENT_PAGE_ROWS } from '../../limits.ts'
import { emitEvent } from './emit.ts'
import { currentPosition, deleteOldEvents, isPosition, readEvents } from './read.ts'

const { db } = await cloneDatabase()
const at = new Date('2026-03-04T12:00:00.000Z')

function emit(subject: string, organizationId: string | null = 'org_a', tx = db): Promise<void> {
  return emitEvent(tx, { at, type: 'lease.started', organizationId, subject })
}

/** Everything after a position, page by page, until nothing is held up; other databases' transactions hold up too. */
async function readAll(after: string, organizationId: string | null = null) {
  const subjects: string[] = []
  for (let position = after; ;) {
    const { events, next, isHeldUp } = await readEvents(db, { after: position, organizationId })
    subjects.push(...events.map((event) => event.subject))
    if (events.length === 0 && !isHeldUp) return { subjects, next }
    position = next
  }
}

test('an event of a transaction that commits late is read, once, by who had read later ones', async () => {
  const start = await currentPosition(db)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: written, resolve: wrote } = Promise.withResolvers<void>()
  const slow = inTransaction(db, async (tx) => {
    await emit('slow', 'org_a', tx)
    wrote()
    await released
  })
  await written
  await emit('quick')
  // The quick one waits for the slow one: to show it now would be to pass over what is older.
  const first = await readEvents(db, { after: start, organizationId: null })
  expect(first).toMatchObject({ events: [], isHeldUp: true })
  release()
  await slow
  const second = await readAll(first.next)
  expect(second.subjects).toEqual(['slow', 'quick'])
  expect((await readAll(second.next)).subjects).toEqual([])
})

test('an event of a transaction that is undone is never read', async () => {
  const start = await currentPosition(db)
  const undone = inTransaction(db, async (tx) => {
    await emit('undone', 'org_a', tx)
    throw new Error('not after all')
  })
  await expect(undone).rejects.toThrow('not after all')
  await emit('done')
  expect((await readAll(start)).subjects).toEqual(['done'])
})

test('however many there are, pages have no gap and nothing twice, from any event on', async () => {
  const start = await currentPosition(db)
  const wanted = Array.from({ length: EVENT_PAGE_ROWS * 2 + 3 }, (_, n) => `lse_${n}`)
  await inTransaction(db, async (tx) => {
    for (const subject of wanted) await emit(subject, 'org_a', tx)
  })
  expect((await readAll(start)).subjects).toEqual(wanted)
  const { events } = await readEvents(db, { after: start, organizationId: null })
  const middle = events[100]?.position ?? ''
  expect(isPosition(middle)).toBe(true)
  expect((await readAll(middle)).subjects).toEqual(wanted.slice(101))
})

test('writers at once: readers that come and go anywhere see every event, in one order', async () => {
  const start = await currentPosition(db)
  const writers = Array.from({ length: 8 }, (_, writer) =>
    (async () => {
      for (let n = 0; n < 25; n++)
        await inTransaction(db, (tx) => emit(`w${writer}-${n}`, 'org_a', tx))
    })(),
  )
  const seen: string[] = []
  let position = start
  let isWriting = true
  const done = Promise.all(writers).then(() => (isWriting = false))
  for (let isLast = false; !isLast;) {
    isLast = !isWriting
    const { events, next } = await readEvents(db, { after: position, organizationId: null })
    // As a client that breaks off in the middle of a page: it goes on from the last event it saw.
    const taken = isLast ? events : events.slice(0, 3)
    seen.push(...taken.map((event) => event.subject))
    position = taken.length < events.length ? (taken.at(-1)?.position ?? position) : next
  }
  await done
  seen.push(...(await readAll(position)).subjects)
  expect(seen).toHaveLength(200)
  expect(seen).toEqual((await readAll(start)).subjects)
  expect(new Set(seen).size).toBe(200)
})

test('an organization reads its own events, and goes past those of others', async () => {
  const start = await currentPosition(db)
  await emit('mine')
  await emit('theirs', 'org_b')
  await emit('nobodys', null)
  const own = await readAll(start, 'org_a')
  expect(own.subjects).toEqual(['mine'])
  expect((await readAll(start)).subjects).toEqual(['mine', 'theirs', 'nobodys'])
  expect((await readAll(own.next)).subjects).toEqual([])
})

test('events are kept as long as is said, and then removed', async () => {
  await deleteOldEvents(db, at)
  expect((await readAll('0-0')).subjects).not.toEqual([])
  await deleteOldEvents(db, new Date(at.getTime() + 1))
  expect((await readAll('0-0')).subjects).toEqual([])
})
