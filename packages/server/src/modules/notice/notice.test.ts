import { pino } from 'pino'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { newId } from '#kernel/ids.ts'
import { inTransaction } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { currentPosition, readEvents } from '#platform/events/read.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import {
  type Answer,
  startWebReceiver,
  type WebReceiver,
} from '../../../test/harness/web-receiver.ts'
import { type Courier, startCourier } from './courier-service.ts'
import { deleteOldDeliveries, listDeliveries } from './delivery-store.ts'
import { fanOut } from './fan-out-service.ts'
import {
  createWebhook,
  deleteWebhook,
  enableWebhook,
  type NewWebhook,
  redeliver,
  rotateSecret,
  testWebhook,
} from './service.ts'
import { findWebhook } from './store.ts'

const { db } = await cloneDatabase()

/** Moves on by itself, as time does, and by leaps where a test says so. */
let leapMs = 0
const now = () => new Date(Date.now() + leapMs)
const ids = {
  nowMs: () => now().getTime(),
  randomBytes: (size: number) => crypto.getRandomValues(new Uint8Array(size)),
}
const deps = {
  pepper: 'pepper',
  ids,
  isPrivateAllowed: true,
  database: db,
  now,
  random: () => 0,
  log: pino({ level: 'silent' }),
}

const receivers: WebReceiver[] = []
let courier: Courier | null = null
/** Where nobody listens. */
let deadUrl = ''
const organizationId = newId('organization', ids)
const otherId = newId('organization', ids)

beforeAll(async () => {
  const gone = await startWebReceiver()
  await gone.stop()
  deadUrl = gone.url
  for (const id of [organizationId, otherId])
    await db
      .insertInto('organization')
      .values({ id, name: id, kind: 'customer', created_at: now() })
      .execute()
})

afterEach(async () => {
  await courier?.stop()
  courier = null
  await db.deleteFrom('webhook').execute()
  leapMs = 0
  // What happened in one test is told to none of the next one's endpoints.
  await untilAllShow()
  await fanOut(deps)
})

afterAll(() => Promise.all(receivers.map((each) => each.stop())))

function begin(): void {
  courier = startCourier(deps)
}

async function receiver(answer?: Answer): Promise<WebReceiver> {
  const started = await startWebReceiver(answer)
  receivers.push(started)
  return started
}

function register(url: string, more: Partial<NewWebhook> = {}) {
  const wanted: NewWebhook = {
    ...{ url, organizationId, isOperators: false, scope: 'organization', description: '' },
    ...{ events: ['lease.notice_given', 'lease.started', 'lease.ended'], now: now() },
    ...more,
  }
  return inTransaction(db, (tx) => createWebhook(tx, wanted, deps))
}

async function happen(type: string, subject = newId('lease', ids), organization = organizationId) {
  const data = { attempt: 1, stopAt: new Date(now().getTime() + 60_000).toISOString() }
  await emitEvent(db, { at: now(), type, organizationId: organization, subject, data })
  courier?.ring()
  return subject
}

/** An event shows only when every older transaction of the server has ended, also one in another test's database. */
function untilAllShow() {
  return untilTrue(async () => {
    const page = await readEvents(db, { after: await currentPosition(db), organizationId: null })
    return !page.isHeldUp
  })
}

function deliveries(webhookId: string) {
  return listDeliveries(db, { webhookId, limit: 1000 })
}

function untilState(webhookId: string, state: string) {
  return untilTrue(async () => {
    const all = await deliveries(webhookId)
    return all.length > 0 && all.every((each) => each.state === state) && all
  })
}

/** Wakes what waits for its next try, once time has leapt. */
async function leap(ms: number): Promise<void> {
  leapMs += ms
  await courier?.stop()
  begin()
}

test('an event reaches each endpoint that asked for it, verifiable, and nobody else', async () => {
  const [mine, fleet, foreign] = [await receiver(), await receiver(), await receiver()]
  const { secret } = await register(mine.url)
  const operators = await register(fleet.url, {
    scope: 'fleet',
    isOperators: true,
    organizationId: otherId,
  })
  await register(foreign.url, { organizationId: otherId })
  begin()
  const leaseId = await happen('lease.notice_given')
  await happen('lease.placed')
  await untilState(operators.webhook.id, 'delivered')
  const [got] = await untilTrue(() => mine.received.length > 0 && mine.received)
  expect(new Verifier(secret).verify(got?.body ?? '', got?.headers ?? {})).toMatchObject({
    type: 'lease.notice_given',
    data: { leaseId, organizationId },
  })
  expect(fleet.received[0]?.headers['webhook-id']).toBe(got?.headers['webhook-id'])
  expect([mine, fleet, foreign].map((each) => each.received.length)).toEqual([1, 1, 0])
})

test('each event makes one delivery for an endpoint, however many make them at once', async () => {
  const { webhook } = await register(deadUrl)
  await Promise.all([fanOut(deps), fanOut(deps)])
  for (let n = 0; n < 40; n++) {
    await happen('lease.started')
    await Promise.all([fanOut(deps), fanOut(deps), fanOut(deps)])
  }
  await untilAllShow()
  await fanOut(deps)
  const messages = (await deliveries(webhook.id)).map((each) => each.messageId)
  expect(new Set(messages).size).toBe(40)
  expect(messages).toHaveLength(40)
})

test('making deliveries that fails leaves the cursor where it was, and the next look makes them', async () => {
  const { webhook } = await register(deadUrl)
  await happen('lease.started')
  await untilAllShow()
  const broken = {
    ...deps,
    ids: {
      ...ids,
      randomBytes: () => {
        throw new Error('died here')
      },
    },
  }
  await expect(fanOut(broken)).rejects.toThrow('died here')
  expect(await deliveries(webhook.id)).toEqual([])
  await fanOut(deps)
  expect(await deliveries(webhook.id)).toHaveLength(1)
})

test('a failed try is made again with the same id and bytes, and another timestamp signed', async () => {
  let answers = 0
  const target = await receiver((response) => response.writeHead(++answers < 3 ? 500 : 204).end())
  const { webhook, secret } = await register(target.url)
  begin()
  await happen('lease.notice_given')
  const [done] = await untilState(webhook.id, 'delivered')
  expect(done).toMatchObject({ attempts: 3, lastStatus: 204, lastFailure: null })
  expect(new Set(target.received.map((each) => each.headers['webhook-id'])).size).toBe(1)
  expect(new Set(target.received.map((each) => each.body)).size).toBe(1)
  expect(new Set(target.received.map((each) => each.headers['webhook-timestamp'])).size).toBe(3)
  for (const { body, headers } of target.received) new Verifier(secret).verify(body, headers)
})

test('an endpoint that hangs or is dead holds up no other, and its usual messages not its notices', async () => {
  const hanging = await receiver((response, { body }) => {
    if (body.includes('notice_given')) response.writeHead(204).end()
  })
  const quick = await receiver()
  const slow = await register(hanging.url)
  await register(deadUrl)
  const fast = await register(quick.url)
  begin()
  for (let n = 0; n < 20; n++) await happen('lease.started')
  await untilState(fast.webhook.id, 'delivered')
  // As many as may be under way at once hang, and no more have been begun.
  await untilTrue(() => hanging.received.length === 4)
  await happen('lease.notice_given')
  await untilTrue(() => hanging.received.some((each) => each.body.includes('notice_given')))
  expect(hanging.received.filter((each) => each.body.includes('started'))).toHaveLength(4)
  expect((await findWebhook(db, slow.webhook.id))?.state).toBe('enabled')
})

test('stopping in the middle of a try leaves the message to be sent again', async () => {
  const target = await receiver(() => undefined)
  const { webhook } = await register(target.url)
  begin()
  await happen('lease.started')
  await untilTrue(() => target.received.length === 1)
  await courier?.stop()
  expect(await deliveries(webhook.id)).toMatchObject([{ state: 'pending', attempts: 0 }])
  target.answerWith((response) => response.writeHead(200).end())
  begin()
  await untilState(webhook.id, 'delivered')
  expect(target.received[0]?.headers['webhook-id']).toBe(target.received[1]?.headers['webhook-id'])
})

test('410 disables an endpoint at once, with an event, and what was pending has failed', async () => {
  const target = await receiver((response) => response.writeHead(410).end())
  const { webhook } = await register(target.url)
  begin()
  for (let n = 0; n < 10; n++) await happen('lease.started')
  await untilState(webhook.id, 'failed')
  expect((await findWebhook(db, webhook.id))?.state).toBe('gone')
  await happen('lease.ended')
  const told = await db.selectFrom('event').selectAll().where('subject', '=', webhook.id).execute()
  expect(told).toMatchObject([
    { type: 'webhook.disabled', organization_id: organizationId, data: { reason: 'gone' } },
  ])
  const named = { id: webhook.id, organizationId, now: now() }
  await expect(testWebhook(db, named, deps)).rejects.toMatchObject({ code: 'webhook.disabled' })
  target.answerWith((response) => response.writeHead(200).end())
  await inTransaction(db, (tx) => enableWebhook(tx, named))
  await inTransaction(db, (tx) => testWebhook(tx, named, deps))
  courier?.poke()
  await untilTrue(() => target.received.some((each) => each.body.includes('webhook.test')))
})

test('an endpoint that was dead for days is disabled; a success in between begins the count anew', async () => {
  const target = await receiver((response) => response.writeHead(500).end())
  const { webhook } = await register(target.url)
  begin()
  await happen('lease.started')
  await untilTrue(async () => (await deliveries(webhook.id))[0]?.attempts === 1)
  await leap(2 * 24 * 3600_000)
  target.answerWith((response) => response.writeHead(200).end())
  await untilState(webhook.id, 'delivered')
  expect((await findWebhook(db, webhook.id))?.failingSince).toBeNull()
  target.answerWith((response) => response.writeHead(500).end())
  await happen('lease.started')
  await untilTrue(async () => (await findWebhook(db, webhook.id))?.failingSince)
  await leap(3 * 24 * 3600_000)
  await untilTrue(async () => (await findWebhook(db, webhook.id))?.state === 'failing')
})

test('after a rotation both secrets verify for a day, then only the new one', async () => {
  const target = await receiver()
  const { webhook, secret: old } = await register(target.url)
  const rotate = { id: webhook.id, organizationId, now: now() }
  const { secret } = await inTransaction(db, (tx) => rotateSecret(tx, rotate, deps))
  begin()
  await happen('lease.started')
  const first = await untilTrue(() => target.received[0])
  for (const each of [old, secret]) new Verifier(each).verify(first.body, first.headers)
  await leap(24 * 3600_000)
  await happen('lease.started')
  const second = await untilTrue(() => target.received[1])
  expect(second.headers['webhook-signature']?.split(' ')).toHaveLength(1)
})

test('a message can be sent once more, with its old id, and is kept for a month', async () => {
  const target = await receiver()
  const { webhook } = await register(target.url)
  begin()
  await happen('lease.started')
  const [done] = await untilState(webhook.id, 'delivered')
  const again = { id: webhook.id, organizationId, now: now(), deliveryId: done?.id ?? '' }
  await inTransaction(db, (tx) => redeliver(tx, again))
  courier?.poke()
  await untilTrue(() => target.received.length === 2)
  expect(target.received[1]?.headers['webhook-id']).toBe(done?.messageId)
  await untilState(webhook.id, 'delivered')
  const missing = { ...again, deliveryId: newId('webhookDelivery', ids) }
  await expect(redeliver(db, missing)).rejects.toMatchObject({ code: 'webhook.delivery_not_found' })
  await deleteOldDeliveries(db, now())
  expect(await deliveries(webhook.id)).toEqual([])
})

test('a deleted endpoint is sent nothing more', async () => {
  const target = await receiver((response) => response.writeHead(500).end())
  const { webhook } = await register(target.url)
  begin()
  await happen('lease.notice_given')
  await untilTrue(() => target.received.length > 0)
  await inTransaction(db, (tx) => deleteWebhook(tx, { id: webhook.id, organizationId, now: now() }))
  await courier?.stop()
  const before = target.received.length
  await leap(24 * 3600_000)
  await happen('lease.notice_given')
  await courier?.stop()
  expect(target.received).toHaveLength(before)
})

test('an organization has a limited number of endpoints, and none in a private place', async () => {
  const strict = { ...deps, isPrivateAllowed: false }
  const wanted = {
    organizationId,
    isOperators: false,
    scope: 'organization',
    description: '',
    events: ['lease.ended'],
    now: now(),
  } as const
  const make = (url: string) =>
    inTransaction(db, (tx) => createWebhook(tx, { ...wanted, url }, strict))
  await expect(make('https://169.254.169.254/')).rejects.toMatchObject({
    code: 'webhook.address_refused',
  })
  const made = await Promise.allSettled(
    Array.from({ length: 24 }, (_, n) => make(`https://example.com/${n}`)),
  )
  expect(made.filter((each) => each.status === 'fulfilled')).toHaveLength(20)
  await expect(make('https://example.com/x')).rejects.toMatchObject({
    code: 'webhook.limit_reached',
  })
})
