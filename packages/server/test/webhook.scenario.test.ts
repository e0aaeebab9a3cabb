import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Client,
  createClient,
  ProblemError,
  type Reclaim,
  type WebhookDelivery,
} from '@spillway/contract'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'
import { startWebReceiver, type Received, type WebReceiver } from './harness/web-receiver.ts'

const SLEEP = ['sleep', '600']
const folder = mkdtempSync(join(tmpdir(), 'spillway-webhook-'))
const wallFile = join(folder, 'wall-clock')
const laptop = readFileSync(join(import.meta.dirname, '../../../examples/laptop.yaml'), 'utf8')

let installation: TestInstallation
let receiver: WebReceiver
let buyer: Client
let operator: Client

async function start(fleet: string): Promise<void> {
  const fleetFile = join(folder, 'fleet.yaml')
  writeFileSync(fleetFile, fleet)
  const dataDir = installation?.dataDir
  installation = await startInstallation({
    ...(dataDir === undefined ? {} : { dataDir }),
    environment: {
      SPILLWAY_FLEET: fleetFile,
      SPILLWAY_TEST_WALL_CLOCK: wallFile,
      NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'harness/wall-clock.ts')).href}`,
    },
  })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
}

beforeAll(async () => {
  receiver = await startWebReceiver()
  await start(laptop)
}, 120_000)

afterAll(async () => {
  await installation?.stop()
  await receiver?.stop()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

async function codeOf(asked: Promise<unknown>): Promise<string> {
  const refusal = await asked.then(
    () => null,
    (error: unknown) => error,
  )
  return refusal instanceof ProblemError ? refusal.problem.code : String(refusal)
}

function parse({ body }: Received) {
  return JSON.parse(body) as { type: string; data: Record<string, unknown> }
}

function untilReceived(path: string, type: string, leaseId?: string): Promise<Received> {
  return untilTrue(
    () =>
      receiver.received.find((each) => {
        const said = parse(each)
        const isAbout = leaseId === undefined || said.data['leaseId'] === leaseId
        return each.path === path && said.type === type && isAbout
      }),
    { timeoutMs: 20_000, what: `${path} is told of ${type}` },
  )
}

function untilFact(leaseId: string, type: string, channel: string) {
  return untilTrue(
    async () =>
      (await buyer.listLeaseFacts({ params: { id: leaseId } })).items.find(
        (fact) => fact.type === type && fact.data['channel'] === channel,
      ),
    { timeoutMs: 20_000, what: `${leaseId}: ${type} by ${channel}` },
  )
}

async function running(): Promise<string> {
  const { id } = await buyer.createLease({ body: { command: SLEEP, tier: 'spot' } })
  await untilTrue(async () => (await buyer.getLease({ params: { id } })).state === 'running', {
    timeoutMs: 20_000,
  })
  return id
}

/** What the record of a lease's only reclaim says of webhooks, the same to the buyer and to the operator. */
async function chainOf(leaseId: string): Promise<Reclaim> {
  const [own, ...others] = (await buyer.listLeaseReclaims({ params: { id: leaseId } })).items
  if (!own || others.length > 0) throw new Error(`${leaseId} was taken back once`)
  const shown = await operator.getReclaim({ params: { id: own.id } })
  expect(shown.notice).toEqual(own.notice)
  return own
}

/** Takes the lease back by starting work of higher rank on all of the pool. */
async function takeBack(): Promise<string> {
  const [pool] = (await operator.listPools()).items
  const anchor = await operator.runAnchor({
    body: { command: ['true'], gpus: pool?.slotsTotal ?? 1, graceMs: 100 },
  })
  return anchor.id
}

describe('what an organization may do with webhooks', () => {
  test('a customer’s goes to the public internet by https; the operator’s may be here', async () => {
    for (const url of [receiver.url, 'https://127.0.0.1/', 'https://[::ffff:a9fe:a9fe]/'])
      expect(await codeOf(buyer.createWebhook({ body: { url } }))).toBe('webhook.address_refused')
    const made = await buyer.createWebhook({ body: { url: 'https://hooks.invalid/' } })
    expect(made.secret).toMatch(/^whsec_/)
    expect(JSON.stringify(await buyer.listWebhooks())).not.toContain(made.secret.slice(6))
    await buyer.deleteWebhook({ params: { id: made.webhook.id } })
    const operators = await operator.createWebhook({ body: { url: `${receiver.url}/own` } })
    expect(operators.webhook).toMatchObject({ scope: 'organization', state: 'enabled' })
  })

  test('the events of the whole fleet are for the operator alone', async () => {
    const fleet = { url: 'https://hooks.invalid/fleet', scope: 'fleet' as const }
    expect(await codeOf(buyer.createWebhook({ body: fleet }))).toBe('permission.denied')
    const body = { ...fleet, url: `${receiver.url}/fleet` }
    expect((await operator.createWebhook({ body })).webhook.scope).toBe('fleet')
  })

  test('another organization’s webhook is missing, for every use of it', async () => {
    const { id } = (await operator.listWebhooks()).items[0] ?? { id: '' }
    const params = { id }
    const delivery = 'dlv_00000000000000000000000000'
    for (const ask of [
      () => buyer.getWebhook({ params }),
      () => buyer.rotateWebhook({ params }),
      () => buyer.enableWebhook({ params }),
      () => buyer.testWebhook({ params }),
      () => buyer.listWebhookDeliveries({ params }),
      () => buyer.redeliverWebhook({ params: { id, delivery } }),
      () => buyer.deleteWebhook({ params }),
    ])
      expect(await codeOf(ask())).toBe('webhook.not_found')
    expect((await buyer.listWebhooks()).items.map((each) => each.id)).not.toContain(id)
    const own = operator.redeliverWebhook({ params: { id, delivery } })
    expect(await codeOf(own)).toBe('webhook.delivery_not_found')
  })

  test('an address that turns out not to be public is not called', async () => {
    const made = await buyer.createWebhook({ body: { url: 'https://unknown.invalid/' } })
    const params = { id: made.webhook.id }
    await buyer.testWebhook({ params })
    const tried = await untilTrue(async () =>
      (await buyer.listWebhookDeliveries({ params })).items.find(
        (each: WebhookDelivery) => each.attempts > 0,
      ),
    )
    expect(tried).toMatchObject({ state: 'pending', lastStatus: null })
    expect(tried.lastFailure).toMatch(/name/)
    await buyer.deleteWebhook({ params })
    expect(await codeOf(buyer.getWebhook({ params }))).toBe('webhook.not_found')
  })
})

describe('notices', { timeout: 120_000 }, () => {
  let secret = ''

  beforeAll(async () => {
    await installation.kill()
    await start(`${laptop}\nwebhooks:\n  allowPrivate: true\n`)
    const events = ['lease.notice_given', 'lease.confirmed_gone', 'lease.ended'] as const
    const body = { url: `${receiver.url}/buyer`, events: [...events] }
    secret = (await buyer.createWebhook({ body })).secret
  }, 120_000)

  test('of a reclaim reach the buyer’s and the operator’s endpoint, and the timeline says so', async () => {
    const id = await running()
    await takeBack()
    const got = await untilReceived('/buyer', 'lease.notice_given', id)
    const said = new Verifier(secret).verify(got.body, got.headers) as ReturnType<typeof parse>
    const lease = await buyer.getLease({ params: { id } })
    expect(said.data).toMatchObject({ leaseId: id, reason: 'reclaimed', stopAt: lease.stopAt })
    expect(got.body).not.toMatch(/victim|forLease/)
    await untilReceived('/fleet', 'lease.notice_given', id)
    const fact = await untilFact(id, 'lease.notice_delivered', 'webhook')
    expect(fact.data).toMatchObject({ host: new URL(receiver.url).host, status: 204 })
    expect(Date.parse(fact.at)).toBeLessThan(Date.parse(lease.stopAt ?? ''))
    await untilFact(id, 'lease.notice_delivered', 'engine')
    await untilReceived('/buyer', 'lease.confirmed_gone', id)
    // In the reclaim's own record it stands between the decision and the end of the notice.
    const { decidedAt, notice, stopAt } = await chainOf(id)
    const { host } = new URL(receiver.url)
    expect(notice.webhooks).toEqual([{ at: fact.at, host, isDelivered: true, text: fact.text }])
    expect(decidedAt <= fact.at && fact.at <= (stopAt ?? '')).toBe(true)
    expect(receiver.received.filter(({ path }) => path === '/own').map(parse)).not.toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ leaseId: id }) }),
    )
  })

  test('that the server sent and did not live to record are sent again, with the same id', async () => {
    const id = await running()
    const killed = Promise.withResolvers<Received>()
    receiver.answerWith((response, request) => {
      const { type } = parse(request)
      if (request.path !== '/buyer' || type !== 'lease.notice_given')
        return void response.writeHead(204).end()
      // It has arrived, and the server dies before it hears so.
      return void installation.kill().then(() => {
        response.destroy()
        killed.resolve(request)
      })
    })
    await takeBack()
    const first = await killed.promise
    receiver.answerWith((response) => response.writeHead(204).end())
    const before = receiver.received.length
    await start(readFileSync(join(folder, 'fleet.yaml'), 'utf8'))
    const again = await untilTrue(() =>
      receiver.received
        .slice(before)
        .find((each) => each.path === '/buyer' && parse(each).type === 'lease.notice_given'),
    )
    expect(again.body).toBe(first.body)
    expect(again.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(parse(again).data['leaseId']).toBe(id)
    new Verifier(secret).verify(again.body, again.headers)
    await untilFact(id, 'lease.notice_delivered', 'webhook')
    const facts = (await buyer.listLeaseFacts({ params: { id } })).items
    expect(
      facts.filter((fact) => fact.data['channel'] === 'webhook').map((fact) => fact.type),
    ).toEqual(['lease.notice_delivered'])
    await untilReceived('/buyer', 'lease.ended', id)
  })

  test('carry the true time, though somebody set the server’s wall clock back an hour', async () => {
    writeFileSync(wallFile, String(-3_600_000))
    await untilTrue(async () => (await buyer.getSystem()).clockOffsetMs > 3_500_000)
    const id = await running()
    await takeBack()
    const got = await untilReceived('/buyer', 'lease.notice_given', id)
    expect(new Verifier(secret).verify(got.body, got.headers)).toMatchObject({
      data: { leaseId: id },
    })
  })

  test('that do not arrive before the stop are in the timeline, and leases end as ever', async () => {
    receiver.answerWith((response) => response.writeHead(503).end('down for the night'))
    const id = await running()
    await takeBack()
    const fact = await untilTrue(
      async () =>
        (await buyer.listLeaseFacts({ params: { id } })).items.find(
          (each) => each.type === 'lease.notice_delivery_failed',
        ),
      { timeoutMs: 60_000 },
    )
    expect(fact.text).toMatch(/webhook, 127\.0\.0\.1:\d+: It answered 503: down for the night/)
    await untilTrue(async () => (await buyer.getLease({ params: { id } })).state === 'ended', {
      timeoutMs: 20_000,
    })
    const { notice, goneAt } = await chainOf(id)
    const { host } = new URL(receiver.url)
    expect(notice.webhooks).toEqual([{ at: fact.at, host, isDelivered: false, text: fact.text }])
    // The command was told by the other ways, and the reclaim went on to its end.
    expect(notice).toMatchObject({ document: true, signal: true })
    expect(goneAt).not.toBeNull()
  })
})
