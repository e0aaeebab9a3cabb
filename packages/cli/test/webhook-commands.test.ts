import type { Webhook, WebhookDelivery } from '@spillway/contract'
/** `spillway webhook` against an installation that answers as each test says. */
import { describe, expect, test } from 'vitest'
import { AT, LEASE_ID, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run } = createWorkplace()

const WEBHOOK_ID = 'whk_06f3k0000000000000000000aa'
const DELIVERY_ID = 'dlv_06f3k0000000000000000000bb'
const SECRET = 'whsec_c2VjcmV0'

function webhook(changes: Partial<Webhook> = {}): Webhook {
  return {
    id: WEBHOOK_ID,
    url: 'https://example.com/hooks',
    description: '',
    events: ['lease.notice_given'],
    scope: 'organization',
    state: 'enabled',
    createdAt: AT,
    failingSince: null,
    lastDeliveredAt: null,
    previousSecretUntil: null,
    ...changes,
  }
}

function delivery(changes: Partial<WebhookDelivery> = {}): WebhookDelivery {
  return {
    id: DELIVERY_ID,
    messageId: 'evt_1-2',
    type: 'lease.notice_given',
    leaseId: LEASE_ID,
    state: 'delivered',
    attempts: 1,
    createdAt: AT,
    nextAttemptAt: null,
    lastAttemptAt: AT,
    deliveredAt: AT,
    lastStatus: 204,
    lastFailure: null,
    ...changes,
  }
}

describe('spillway webhook', () => {
  test('create prints the secret alone, and asks for the events that were named', async () => {
    const { stdout, stderr, code } = await run(
      ['webhook', 'create', 'https://example.com/hooks', '--event', 'lease.ended', 'lease.started'],
      { answers: { createWebhook: () => ({ webhook: webhook(), secret: SECRET }) } },
    )
    expect({ stdout, code }).toEqual({ stdout: `${SECRET}\n`, code: 0 })
    expect(stderr).toContain('not shown again')
    expect(installation().requests.at(-1)?.body).toEqual({
      url: 'https://example.com/hooks',
      events: ['lease.ended', 'lease.started'],
    })
  })

  test('an event that does not exist is told before anything is sent', async () => {
    const { stderr, code } = await run(['webhook', 'create', 'https://x.example', '--event', 'x'], {
      answers: {},
    })
    expect(stderr).toMatch(/lease\.notice_given/)
    expect(code).toBe(2)
    expect(installation().requests).toEqual([])
  })

  test('list says which are disabled, and why', async () => {
    const items = [webhook(), webhook({ state: 'gone' }), webhook({ failingSince: AT })]
    const { stdout } = await run(['webhook', 'list'], {
      answers: { listWebhooks: () => page(items) },
    })
    expect(stdout).toMatch(/enabled .*\n.*disabled: answered 410 .*\n.*enabled, failing/)
  })

  test('show, rotate and enable find a webhook by its address', async () => {
    const answers = {
      listWebhooks: () => page([webhook()]),
      getWebhook: () => webhook({ previousSecretUntil: AT }),
      rotateWebhook: () => ({ webhook: webhook({ previousSecretUntil: AT }), secret: SECRET }),
      enableWebhook: () => webhook(),
    }
    const words = (verb: string) => ['webhook', verb, 'https://example.com/hooks']
    expect((await run(words('show'), { answers })).stdout).toContain('lease.notice_given')
    expect((await run(words('rotate'), { answers })).stdout).toBe(`${SECRET}\n`)
    expect((await run(words('enable'), { answers })).stdout).toContain('is enabled')
  })

  test('test waits for the first try, and its exit code says whether it arrived', async () => {
    let looks = 0
    const waiting = delivery({ state: 'pending', attempts: 0, type: 'webhook.test' })
    const test = (after: WebhookDelivery) =>
      run(['webhook', 'test', WEBHOOK_ID], {
        answers: {
          testWebhook: () => waiting,
          listWebhookDeliveries: () => page([++looks < 2 ? waiting : after]),
        },
      })
    expect(await test(delivery())).toMatchObject({ stdout: 'delivered: answered 204\n', code: 0 })
    looks = 0
    const refused = {
      state: 'pending',
      attempts: 1,
      lastFailure: 'It refuses connections.',
    } as const
    expect(await test(delivery(refused))).toMatchObject({
      stdout: 'not delivered: It refuses connections.\n',
      code: 1,
    })
  })

  test('deliveries are listed, and one can be sent again by the end of its id', async () => {
    const answers = {
      listWebhookDeliveries: () => page([delivery()]),
      redeliverWebhook: () => delivery({ state: 'pending' }),
    }
    const listed = await run(['webhook', 'deliveries', WEBHOOK_ID, '--state', 'delivered'], {
      answers,
    })
    expect(listed.stdout).toMatch(new RegExp(`${DELIVERY_ID} .*delivered .*answered 204`))
    const again = await run(['webhook', 'redeliver', WEBHOOK_ID, '0bb'], { answers })
    expect(again.stdout).toBe(`${DELIVERY_ID} is sent again\n`)
  })

  test('delete asks first, and --json writes the document of the API', async () => {
    const answers = { deleteWebhook: () => webhook(), listWebhooks: () => page([webhook()]) }
    expect((await run(['webhook', 'delete', WEBHOOK_ID], { answers })).code).toBe(2)
    expect((await run(['webhook', 'delete', WEBHOOK_ID, '--yes'], { answers })).code).toBe(0)
    const { stdout } = await run(['webhook', 'list', '--json'], { answers })
    expect(JSON.parse(stdout)).toEqual(page([webhook()]))
  })
})
