import { expect, test } from 'vitest'
import { addModel } from '../../../test/gateway/installation.ts'
import { addKey } from '../../../test/gateway/keys.ts'
import { ask, makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand({ trustedProxies: ['127.0.0.0/8'] })
const body = told({ tokens: 1 })

function answerTo(key: string, headers: Record<string, string> = {}): Promise<Response> {
  return ask({ url: stand.gateway.url, key, body, headers })
}

async function refusalOf(response: Response): Promise<unknown> {
  const { error } = (await response.json()) as { error: { type: string; code: string } }
  return [response.status, error.type, error.code]
}

test('a key answers only for its models, and lists no others', async () => {
  // given
  const { db } = stand.database
  await addModel(db, { name: 'other', urls: [stand.simulator.url] })
  const { key } = await addKey(db, stand.customer, { models: ['other'] })
  // when
  const refused = await answerTo(key)
  const list = async () => {
    const headers = { authorization: `Bearer ${key}` }
    const listed = await fetch(`${stand.gateway.url}/v1/models`, { headers })
    const { data } = (await listed.json()) as { data: { id: string }[] }
    return data.map(({ id }) => id)
  }
  // then
  expect(await refusalOf(refused)).toEqual([403, 'invalid_request_error', 'model_not_allowed'])
  await untilTrue(async () => (await list()).length > 0)
  expect(await list()).toEqual(['other'])
  const card = await fetch(`${stand.gateway.url}/v1/models/${MODEL}`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(card.status).toBe(404)
})

test('a key is refused from elsewhere, and nobody can say to be from where it is good', async () => {
  const { db } = stand.database
  const { key } = await addKey(db, stand.customer, { networks: ['10.0.0.0/8'] })
  const from = (address: string) => answerTo(key, { 'x-forwarded-for': address })
  expect((await from('10.1.2.3')).status).toBe(200)
  expect((await from('6.6.6.6, 10.1.2.3')).status).toBe(200)
  const elsewhere = [403, 'invalid_request_error', 'ip_not_authorized']
  expect(await refusalOf(await from('6.6.6.6'))).toEqual(elsewhere)
  expect(await refusalOf(await from('10.1.2.3, 6.6.6.6'))).toEqual(elsewhere)
  expect(await refusalOf(await answerTo(key))).toEqual(elsewhere)
})

test('a key without the scope asks no model, also in words of another dialect', async () => {
  const { key } = await addKey(stand.database.db, stand.customer, { scopes: ['read'] })
  const refused = [403, 'invalid_request_error', 'insufficient_permissions']
  expect(await refusalOf(await answerTo(key))).toEqual(refused)
  const messages = await fetch(`${stand.gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: MODEL,
      max_tokens: 1,
      messages: [{ role: 'user', content: 'x' }],
    }),
  })
  expect(messages.status).toBe(403)
  expect(await messages.json()).toMatchObject({
    type: 'error',
    error: { type: 'permission_error' },
  })
})

test('a key that ends is refused from then on, though the gateway knows it', async () => {
  const expiresAt = new Date(Date.now() + 1500)
  const { key } = await addKey(stand.database.db, stand.customer, { expiresAt })
  expect((await answerTo(key)).status).toBe(200)
  await untilTrue(async () => (await answerTo(key)).status === 401)
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime())
})
