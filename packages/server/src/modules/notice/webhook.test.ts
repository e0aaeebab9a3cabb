import { Webhook as Verifier } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import type { StoredEvent } from '#platform/events/read.ts'
import { judge, retryAfterMs } from './delivery.ts'
import { renderSecret, signedHeaders } from './signature.ts'
import { factOf, isToldOf, messageOf, testMessage, type Webhook } from './webhook.ts'

const now = new Date('2026-03-04T12:00:00.000Z')
const DAY_MS = 24 * 3600 * 1000

function event(changes: Partial<StoredEvent> = {}): StoredEvent {
  return {
    position: '812-44',
    at: now,
    type: 'lease.notice_given',
    organizationId: 'org_a',
    subject: 'lse_1',
    data: { attempt: 2, reason: 'reclaimed', stopAt: '2026-03-04T12:00:30.000Z', text: 'Will.' },
    ...changes,
  }
}

function webhook(changes: Partial<Webhook> = {}): Webhook {
  return {
    id: 'whk_1',
    organizationId: 'org_a',
    isOperators: false,
    scope: 'organization',
    url: 'https://example.com/hooks',
    description: '',
    events: ['lease.notice_given'],
    state: 'enabled',
    sealedSecret: '',
    sealedPreviousSecret: null,
    previousSecretUntil: null,
    createdAt: now,
    failingSince: null,
    lastDeliveredAt: null,
    ...changes,
  }
}

describe('who is told', () => {
  test.each([
    [{}, {}, true],
    [{}, { organizationId: 'org_b' }, false],
    [{ scope: 'fleet' }, { organizationId: 'org_b' }, true],
    [{ scope: 'fleet' }, { organizationId: null }, false],
    [{}, { organizationId: null }, false],
    [{}, { type: 'lease.started' }, false],
    [{ state: 'failing' }, {}, false],
    [{ state: 'gone' }, {}, false],
  ] as const)('an endpoint with %j of an event with %j: %j', (endpoint, happened, isTold) => {
    expect(isToldOf(webhook(endpoint), event(happened))).toBe(isTold)
  })
})

describe('what a message says', () => {
  test('of a model that goes names the model, and no lease', () => {
    const data = { retiresAt: '2027-03-01T00:00:00.000Z', successor: 'new', other: 'not told' }
    const message = messageOf(event({ type: 'model.retired', subject: 'old', data }))
    expect(message).toMatchObject({ leaseId: null, attempt: null, lane: 'usual' })
    expect(JSON.parse(message.body)).toEqual({
      type: 'model.retired',
      timestamp: now.toISOString(),
      data: {
        ...{ model: 'old', organizationId: 'org_a', successor: 'new' },
        retiresAt: '2027-03-01T00:00:00.000Z',
      },
    })
  })

  test('type, instant, lease and organization, with the data that is named as told', () => {
    expect(JSON.parse(messageOf(event()).body)).toEqual({
      type: 'lease.notice_given',
      timestamp: '2026-03-04T12:00:00.000Z',
      data: {
        leaseId: 'lse_1',
        organizationId: 'org_a',
        attempt: 2,
        reason: 'reclaimed',
        stopAt: '2026-03-04T12:00:30.000Z',
        text: 'Will.',
      },
    })
  })

  test('what an event holds beside that stays here: names of others, and whatever is not plain', () => {
    const data = { forLease: 'lse_other', secret: 'x', reason: { organization: 'org_b' } }
    expect(JSON.parse(messageOf(event({ data })).body)).toMatchObject({
      data: { leaseId: 'lse_1', organizationId: 'org_a' },
    })
    expect(messageOf(event({ data })).body).not.toMatch(/other|secret|org_b/)
  })

  test('a notice is urgent until its lease is stopped; the rest can wait', () => {
    expect(messageOf(event())).toMatchObject({
      messageId: 'evt_812-44',
      lane: 'urgent',
      attempt: 2,
      deadlineAt: new Date('2026-03-04T12:00:30.000Z'),
    })
    const atOnce = { data: { stopAt: now.toISOString() } }
    expect(messageOf(event(atOnce))).toMatchObject({ lane: 'urgent', deadlineAt: null })
    expect(messageOf(event({ type: 'lease.risk_elevated' }))).toMatchObject({
      lane: 'urgent',
      deadlineAt: null,
    })
    expect(messageOf(event({ type: 'lease.notice_shortened' }))).toMatchObject({
      lane: 'urgent',
      deadlineAt: new Date('2026-03-04T12:00:30.000Z'),
    })
    expect(messageOf(event({ type: 'lease.ended' }))).toMatchObject({
      lane: 'usual',
      deadlineAt: null,
    })
  })

  test('the timeline tells a warning from a notice', () => {
    expect(factOf('lease.risk_elevated', true).type).toBe('lease.risk_delivered')
    expect(factOf('lease.notice_given', true).type).toBe('lease.notice_delivered')
    expect(factOf('lease.risk_elevated', false)).toEqual({
      type: 'lease.notice_delivery_failed',
      what: 'Warning',
    })
  })

  test('a test message is of its own id, and of no lease', () => {
    const message = testMessage(webhook(), { deliveryId: 'dlv_1', now })
    expect(message).toMatchObject({ messageId: 'evt_dlv_1', type: 'webhook.test', leaseId: null })
  })
})

describe('signatures', () => {
  const at = new Date()
  const body = messageOf(event()).body
  const [first, second] = [1, 2].map((byte) => renderSecret(new Uint8Array(32).fill(byte)))
  const signed = { messageId: 'evt_812-44', body, at, secrets: [first ?? '', second ?? ''] }

  test('the library of Standard Webhooks verifies them, with either secret during a rotation', () => {
    const headers = signedHeaders(signed)
    for (const secret of signed.secrets)
      expect(new Verifier(secret).verify(body, headers)).toMatchObject({
        type: 'lease.notice_given',
      })
  })

  test('it refuses another secret, a changed body, another id, and what is older than its tolerance', () => {
    const [secret = ''] = signed.secrets
    const verifier = new Verifier(secret)
    const headers = signedHeaders({ ...signed, secrets: [secret] })
    const stranger = new Verifier(renderSecret(new Uint8Array(32).fill(9)))
    expect(() => stranger.verify(body, headers)).toThrow()
    expect(() => verifier.verify(body.replace('lse_1', 'lse_2'), headers)).toThrow()
    expect(() => verifier.verify(body, { ...headers, 'webhook-id': 'evt_1-1' })).toThrow()
    const old = signedHeaders({ ...signed, at: new Date(at.getTime() - 6 * 60_000) })
    expect(() => verifier.verify(body, old)).toThrow(/old/)
  })
})

describe('what comes of an attempt', () => {
  const circumstances = { webhook: webhook(), now, random: 0 }
  const fresh = { lane: 'usual', attempts: 0 } as const

  test.each([200, 201, 202, 204, 299])('%d counts as delivered', (status) => {
    const answered = { kind: 'answered', status, excerpt: 'ignored' } as const
    expect(judge(fresh, answered, circumstances)).toEqual({ kind: 'delivered', status })
  })

  test.each([
    [302, '', 'It answered 302; redirects are not followed.'],
    [500, '', 'It answered 500.'],
    [503, ' busy\u0000\n\n  now ', 'It answered 503: busy now'],
    [418, 'x'.repeat(500), `It answered 418: ${'x'.repeat(200)}`],
  ])('%d is tried again, with a short piece of what was said', (status, excerpt, why) => {
    expect(judge(fresh, { kind: 'answered', status, excerpt }, circumstances)).toEqual({
      kind: 'failed',
      status,
      why,
      retryAt: new Date(now.getTime() + 5000),
      webhookState: 'enabled',
    })
  })

  test('410 ends it, for this message and all others', () => {
    const gone = { kind: 'answered', status: 410, excerpt: '' } as const
    expect(judge(fresh, gone, circumstances)).toMatchObject({
      retryAt: null,
      webhookState: 'gone',
    })
  })

  test('an endpoint that has failed for three days is disabled, and not a moment before', () => {
    const failed = { kind: 'failed', why: 'It refuses connections.' } as const
    const since = (ms: number) => ({
      ...circumstances,
      webhook: webhook({ failingSince: new Date(now.getTime() - ms) }),
    })
    expect(judge(fresh, failed, since(3 * DAY_MS - 1)).kind).toBe('failed')
    expect(judge(fresh, failed, since(3 * DAY_MS - 1))).toMatchObject({ webhookState: 'enabled' })
    expect(judge(fresh, failed, since(3 * DAY_MS))).toMatchObject({
      retryAt: null,
      webhookState: 'failing',
    })
  })

  test('pauses grow, are bounded and spread; a notice is tried again within a second', () => {
    for (const [lane, tries, firstMs] of [
      ['usual', 8, 5000],
      ['urgent', 13, 1000],
    ] as const) {
      const pauses = Array.from({ length: tries - 1 }, (_, n) => retryAfterMs(lane, n + 1, 0) ?? 0)
      expect(pauses[0]).toBe(firstMs)
      expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
      const totalMs = pauses.reduce((sum, ms) => sum + ms, 0)
      expect(totalMs / DAY_MS).toBeGreaterThan(0.9)
      expect(totalMs / DAY_MS).toBeLessThan(1.2)
      expect(retryAfterMs(lane, tries, 0)).toBeNull()
      expect(retryAfterMs(lane, 1, 0.999)).toBeLessThanOrEqual(firstMs * 1.2)
    }
  })
})
