import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { inTransaction } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import type { Call } from '#platform/http/handler.ts'
import { cloneDatabase, untilTrue } from '../../test/harness/index.ts'
import { EventBell, eventRoutes } from './event-stream.ts'

const { db } = await cloneDatabase()
const at = new Date('2026-03-04T12:00:00.000Z')
const bell = new EventBell()
const { streamEvents } = eventRoutes(db, bell)

type Caller = Pick<Call<'streamEvents'>['principal'], 'role' | 'organizationId'>
const BUYER: Caller = { role: 'member', organizationId: 'org_a' }
const OPERATOR: Caller = { role: 'operator', organizationId: 'org_o' }

const open: Listener[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

/** A client that reads a stream, and can break off and come back. */
class Listener {
  readonly subjects: string[] = []
  lastEventId: string | undefined
  readonly #ending = new AbortController()
  readonly #reading: Promise<void>

  private constructor(stream: ReadableStream<Uint8Array>, breaksAfter: number) {
    this.#reading = this.#read(stream, breaksAfter)
  }

  static async open(
    principal: Caller,
    {
      lastEventId,
      breaksAfter = Infinity,
    }: { lastEventId?: string | undefined; breaksAfter?: number } = {},
  ): Promise<Listener> {
    const ending = new AbortController()
    const call = { principal, query: {}, lastEventId, signal: ending.signal }
    const stream = await streamEvents(call as unknown as Call<'streamEvents'>)
    const listener = new Listener(stream, breaksAfter)
    listener.#ending.signal.addEventListener('abort', () => ending.abort())
    open.push(listener)
    await untilTrue(() => listener.lastEventId !== undefined)
    return listener
  }

  async close(): Promise<void> {
    this.#ending.abort()
    bell.ring()
    await this.#reading
  }

  get broken(): Promise<void> {
    return this.#reading
  }

  async #read(stream: ReadableStream<Uint8Array>, breaksAfter: number): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      const text = decoder.decode(bytes)
      this.lastEventId = /^id: (.*)$/m.exec(text)?.[1] ?? this.lastEventId
      const data = /^data: (.*)$/m.exec(text)?.[1]
      if (data !== undefined) this.subjects.push((JSON.parse(data) as { subject: string }).subject)
      if (this.subjects.length >= breaksAfter) return this.#ending.abort()
    }
  }
}

async function emit(subject: string, organizationId: string | null = 'org_a'): Promise<void> {
  await emitEvent(db, { at, type: 'lease.notice_given', organizationId, subject })
  bell.ring()
}

test('a notice comes as soon as the bell rings, to its organization and the operator', async () => {
  const [buyer, operator] = [await Listener.open(BUYER), await Listener.open(OPERATOR)]
  await emit('theirs', 'org_b')
  await emit('mine')
  await untilTrue(() => buyer.subjects.length > 0 && operator.subjects.length > 1)
  expect(buyer.subjects).toEqual(['mine'])
  expect(operator.subjects).toEqual(['theirs', 'mine'])
})

test('a notice that must wait for an older transaction comes as soon as that has ended', async () => {
  const listener = await Listener.open(BUYER)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  // It takes a number, and never writes an event: no bell rings at its end.
  const older = inTransaction(db, async (tx) => {
    await sql`SELECT pg_current_xact_id()`.execute(tx)
    begin()
    await released
  })
  await begun
  await emit('waits')
  await new Promise(setImmediate)
  expect(listener.subjects).toEqual([])
  release()
  await older
  await untilTrue(() => listener.subjects.length > 0)
  expect(listener.subjects).toEqual(['waits'])
})

test('who was told nothing yet comes back to the instant at which it first listened', async () => {
  const first = await Listener.open(BUYER)
  await first.close()
  await emit('meanwhile')
  const second = await Listener.open(BUYER, { lastEventId: first.lastEventId })
  await untilTrue(() => second.subjects.length > 0)
  expect(second.subjects).toEqual(['meanwhile'])
})

test('a client that breaks off after every few events misses none and sees none twice', async () => {
  const start = await Listener.open(BUYER)
  await start.close()
  const wanted = Array.from({ length: 40 }, (_, n) => `lse_${n}`)
  await inTransaction(db, async (tx) => {
    for (const subject of wanted.slice(0, 20))
      await emitEvent(tx, { at, type: 'lease.ended', organizationId: 'org_a', subject })
  })
  for (const subject of wanted.slice(20)) await emit(subject, 'org_a')
  const seen: string[] = []
  let { lastEventId } = start
  while (seen.length < wanted.length) {
    const listener = await Listener.open(BUYER, { lastEventId, breaksAfter: 3 })
    if (wanted.length - seen.length >= 3) await listener.broken
    else await untilTrue(() => seen.length + listener.subjects.length >= wanted.length)
    seen.push(...listener.subjects)
    lastEventId = listener.lastEventId
  }
  expect(seen).toEqual(wanted)
})

test('what is no position is refused, not taken for the beginning', async () => {
  const call = { principal: BUYER, query: {}, lastEventId: 'yesterday' }
  await expect(streamEvents(call as unknown as Call<'streamEvents'>)).rejects.toMatchObject({
    code: 'request.invalid',
  })
})
