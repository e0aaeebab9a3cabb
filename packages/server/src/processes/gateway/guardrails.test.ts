/** Guardrails on the path, with official clients, a real gateway and real PostgreSQL. */
import Anthropic from '@anthropic-ai/sdk'
import type { GuardrailCheck } from '@spillway/contract'
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { deleteGuardrail, type GuardrailSetting, setGuardrail } from '#modules/guardrail/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const ids = idSource(Date.now)

const MAIL: GuardrailCheck = { kind: 'pii', types: ['email'], except: [] }
const SECRET: GuardrailCheck = { kind: 'words', words: ['secret'], except: [] }
const SAYS = 'Write to me@example.org, or to us; she is at you@example.org'
const SCREENED = 'Write to [email], or to us; she is at [email]'

beforeAll(async () => {
  for (const name of ['small', 'judge'])
    await addModel(stand.database.db, { name, urls: [stand.simulator.url] })
})

let customers = 0

/** A customer of its own, under one guardrail that the gateway already knows. */
async function under(
  check: GuardrailCheck,
  rest: Pick<GuardrailSetting, 'side' | 'mode'> & { readonly toModel?: string },
): Promise<Customer & { readonly guardrailId: string }> {
  const { db } = stand.database
  const customer = await addCustomer(db, { name: `customer-${++customers}`, usd: '10' })
  const { organizationId } = customer
  const setting = { organizationId, name: 'house-rule', position: 1, check, ...rest }
  const { id } = await inTransaction(db, (tx) =>
    setGuardrail(tx, setting, { ids, now: new Date() }),
  )
  return { ...customer, guardrailId: id }
}

const openai = ({ key }: Customer) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey: key, maxRetries: 0 })

const asking = (says: string, more: object = {}) =>
  told({ says }, more) as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming

/** Until the gateway has heard of the guardrail, answers are as if there were none. */
function until<Result>(attempt: () => Promise<Result | null>): Promise<NonNullable<Result>> {
  return untilTrue(attempt) as Promise<NonNullable<Result>>
}

async function whole(customer: Customer, says: string) {
  const { data, response } = await openai(customer)
    .chat.completions.create(asking(says))
    .withResponse()
  const [choice] = data.choices
  const found = response.headers.get('x-spillway-guardrails')
  return { text: choice?.message.content ?? '', finish: choice?.finish_reason, found, data }
}

async function streamed(customer: Customer, behaviour: Parameters<typeof told>[0]) {
  const body = { ...told(behaviour), stream: true as const }
  const stream = await openai(customer).chat.completions.create(
    body as unknown as OpenAI.ChatCompletionCreateParamsStreaming,
  )
  let [text, finish] = ['', null as string | null]
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? ''
    finish = choices[0]?.finish_reason ?? finish
  }
  return { text, finish }
}

async function charged({ organizationId }: Customer, events: number) {
  return untilTrue(async () => {
    await postJournals({ db: stand.database.db, folders: stand.folders, isWriterAlive: () => true })
    const all = await chargedOf(stand.database.db, organizationId)
    return all.events >= events ? all : null
  })
}

const errorOf = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
  )

describe('an answer', () => {
  test('is redacted alike, whole and streamed, and for every client', async () => {
    const customer = await under(MAIL, { side: 'output', mode: 'redact' })
    const first = await until(async () => {
      const answer = await whole(customer, SAYS)
      return answer.text === SAYS ? null : answer
    })
    expect(first).toMatchObject({ text: SCREENED, finish: 'stop' })
    expect(first.found).toBe('house-rule=redact;email;2')
    expect(await streamed(customer, { says: SAYS })).toEqual({ text: SCREENED, finish: 'stop' })
    const { url } = stand.gateway
    const anthropic = new Anthropic({ baseURL: url, apiKey: customer.key, maxRetries: 0 })
    const message = await anthropic.messages
      .stream({
        ...{ model: MODEL, max_tokens: 100 },
        messages: [{ role: 'user', content: JSON.stringify({ says: SAYS }) }],
      })
      .finalMessage()
    expect(message.content).toMatchObject([{ type: 'text', text: SCREENED }])
    const responses = await openai(customer).responses.create({
      ...{ model: MODEL, store: false, input: JSON.stringify({ says: SAYS }) },
    })
    expect(responses.output_text).toBe(SCREENED)
  })

  test('that is blocked ends as filtered, stops the server, and is paid so far', async () => {
    const check: GuardrailCheck = { kind: 'words', words: ['word20'], except: [] }
    const customer = await under(check, { side: 'output', mode: 'block' })
    const first = await until(async () => {
      const answer = await whole(customer, 'word20')
      return answer.finish === 'stop' ? null : answer
    })
    expect(first).toMatchObject({ text: '', finish: 'content_filter' })
    const { aborted } = stand.simulator.state
    const before = await charged(customer, 1)
    const stream = await streamed(customer, { tokens: 400, delayMs: 2 })
    expect(stream).toMatchObject({ finish: 'content_filter' })
    expect(stream.text).toContain('word0 word1 ')
    expect(stream.text).not.toContain('word20')
    await untilTrue(async () => stand.simulator.state.aborted > aborted)
    const after = await charged(customer, before.events + 1)
    expect(after.output - before.output).toBeGreaterThanOrEqual(20)
    expect(after.output - before.output).toBeLessThan(100)
  })

  test('is held to a schema as a whole, also when it is streamed', async () => {
    const schema = { type: 'object', required: ['city'] }
    const customer = await under({ kind: 'json_schema', schema }, { side: 'output', mode: 'block' })
    await until(async () => ((await whole(customer, 'no')).finish === 'stop' ? null : true))
    const good = '{"city":"Bern"}'
    expect(await whole(customer, good)).toMatchObject({ text: good, finish: 'stop' })
    expect(await streamed(customer, { says: good })).toEqual({ text: good, finish: 'stop' })
    expect(await streamed(customer, { says: '{"town":1}' })).toEqual({
      text: '',
      finish: 'content_filter',
    })
  })

  test('in plain completions cannot be looked at, so they are refused', async () => {
    const customer = await under(MAIL, { side: 'output', mode: 'flag' })
    const error = await until(() =>
      errorOf(openai(customer).completions.create({ model: MODEL, prompt: 'hello' })),
    )
    expect(error).toMatchObject({ status: 400, code: 'guardrail_unsupported' })
  })
})

describe('a request', () => {
  test('is redacted before anybody sees it, and what was found is named but not told', async () => {
    const customer = await under(MAIL, { side: 'input', mode: 'redact' })
    const answer = await until(async () => {
      const each = await whole(customer, SAYS)
      return each.found === null ? null : each
    })
    expect(answer.text).toBe(SCREENED)
    expect(answer.found).toBe('house-rule=redact;email;2')
    const sent = JSON.stringify(stand.simulator.state.lastBody)
    expect(sent).toContain('[email]')
    expect(sent).not.toContain('example.org')
  })

  test('that is blocked reaches no server and costs nothing', async () => {
    const customer = await under(SECRET, { side: 'input', mode: 'block' })
    const error = await until(() => errorOf(whole(customer, 'a secret')))
    expect(error).toMatchObject({ status: 400, code: 'content_blocked' })
    expect(error?.message).toContain('house-rule')
    const { requests } = stand.simulator.state
    await errorOf(whole(customer, 'a secret'))
    expect(stand.simulator.state.requests).toBe(requests)
    expect(await whole(customer, 'a word')).toMatchObject({ text: 'a word' })
  })

  test('of a kind goes to a model for it, at that model’s name', async () => {
    const customer = await under(SECRET, { side: 'input', mode: 'route', toModel: 'small' })
    const answer = await until(async () => {
      const each = await whole(customer, 'a secret')
      return each.data.model === MODEL ? null : each
    })
    expect(answer.data.model).toBe('small')
    expect((await whole(customer, 'a word')).data.model).toBe(MODEL)
  })

  test('is judged by a model that is paid for it; what cannot be judged is not answered', async () => {
    const check = { kind: 'model', model: 'judge', unsafe: 'unsafe' } as const
    const customer = await under(check, { side: 'input', mode: 'block' })
    const error = await until(() => errorOf(whole(customer, 'unsafe S1')))
    expect(error).toMatchObject({ status: 400, code: 'content_blocked' })
    const before = await charged(customer, 1)
    expect((await whole(customer, 'all is well')).text).toBe('all is well')
    const after = await charged(customer, before.events + 2)
    expect(after.events).toBe(before.events + 2)
    const broken = openai(customer).chat.completions.create(
      asking('', { messages: told({ status: 500 })['messages'] }),
    )
    expect(await errorOf(broken)).toMatchObject({ status: 502 })
  })
})

test('nobody else is looked at, and a guardrail that is deleted looks no more', async () => {
  const customer = await under(MAIL, { side: 'both', mode: 'redact' })
  await until(async () => ((await whole(customer, SAYS)).text === SCREENED ? true : null))
  expect((await whole(stand.customer, SAYS)).text).toBe(SAYS)
  const { organizationId, guardrailId: id } = customer
  await inTransaction(stand.database.db, (tx) => deleteGuardrail(tx, { id, organizationId }))
  await until(async () => ((await whole(customer, SAYS)).text === SAYS ? true : null))
})
