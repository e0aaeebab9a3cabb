import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { money, ZERO } from '#kernel/money.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { type RequestTotal, renderTotals } from './exposition.ts'
import { keepBatch, keepNotes } from './keep-service.ts'
import { plainText, type RequestLine, renderLine } from './log-line.ts'
import { countOmitted, currentPosition, selectLines, selectNews, selectTotals } from './store.ts'
import { tailRequests } from './tail-service.ts'
import { WaitingLines } from './waiting-lines.ts'

const { db } = await cloneDatabase()
const AT = new Date('2026-03-04T12:00:00.000Z')
const ALL = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') }

function line(id: string, changes: Partial<RequestLine> = {}): RequestLine {
  return {
    ...{ id, at: AT, organizationId: 'org_a', projectId: 'prj_a', apiKeyId: 'key_a' },
    ...{ endUser: null, dialect: 'chat', isStream: false, modelAsked: 'm', model: 'm' },
    ...{ outcome: 'answered', status: 200, errorCode: null, cost: ZERO, firstOutputMs: null },
    ...{ tokens: { inputTokens: 1, outputTokens: 2 }, durationMs: 5, isCached: false },
    ...{ guardrails: null, routeVersion: null, tries: [] },
    ...changes,
  }
}

const keep = (...lines: readonly RequestLine[]) =>
  inTransaction(db, (tx) =>
    keepBatch(
      tx,
      { lines: lines.map((each) => ({ ...each, line: renderLine(each) })), omitted: [] },
      AT,
    ),
  )

const page = (projectId: string | null, more: object = {}) =>
  selectLines(db, {
    ...{ scope: { projectId }, filters: {}, id: undefined, before: null, limit: 10, ...ALL },
    ...more,
  })

describe('what is kept', () => {
  test('is what was said, once, whatever somebody else wrote in it', async () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 400 }), { minLength: 30 })
    await fc.assert(
      fc.asyncProperty(texts, fc.uuid(), async (strange, uuid) => {
        const projectId = `prj_${uuid}`
        const said = strange.map((text, index) => {
          const tried = {
            ...{ target: text, provider: text, region: text, model: text, group: text },
            ...{ reason: 'weighted', outcome: 'failed', status: 503, ms: 3.4 },
          }
          return line(`${uuid}-${index}`, {
            ...{ projectId, endUser: text, modelAsked: text, errorCode: text, tries: [tried] },
          })
        })
        await keep(...said)
        await keep(...said.map(({ id }) => line(id, { projectId, status: 500 })))
        const kept = new Map((await page(projectId, { limit: 100 })).map((each) => [each.id, each]))
        for (const { id, endUser } of said) {
          const text = plainText(endUser ?? '')
          expect(kept.get(id)).toMatchObject({ status: 200, endUser: text })
          expect(kept.get(id)?.tries[0]).toMatchObject({ target: text, ms: 3 })
        }
      }),
      { numRuns: 3 },
    )
  })

  test('stands in the way of nothing: what the database does not take is counted by its project', async () => {
    const events = [
      { organizationId: 'org_b', projectId: 'prj_b', note: '{"id": "x"}' },
      { organizationId: 'org_b', projectId: 'prj_b', note: '{"id": "\\u0000"}' },
      { organizationId: 'org_b', projectId: 'prj_b' },
    ]
    await inTransaction(db, async (tx) => {
      await keepNotes(tx, events, AT)
      await keepNotes(tx, events.slice(0, 1), AT)
    })
    expect(await page('prj_b')).toEqual([])
    expect(await countOmitted(db, { projectId: 'prj_b' }, ALL)).toBe(3)
    expect(await countOmitted(db, { projectId: 'prj_a' }, ALL)).toBe(0)
  })
})

test('a list is found by each filter, and its pages have no gap and nothing twice', async () => {
  const own = { projectId: 'prj_list' }
  await keep(
    line('r1', { ...own, model: 'big', status: 429, outcome: 'refused', errorCode: 'x' }),
    line('r2', { ...own, durationMs: 9000, apiKeyId: 'key_b' }),
    line('r3', { ...own, cost: money('2.5'), endUser: 'ada' }),
    line('r4', { ...own, at: new Date(AT.getTime() + 1) }),
  )
  const ids = async (filters: object) => (await page('prj_list', { filters })).map(({ id }) => id)
  expect(await ids({})).toEqual(['r4', 'r3', 'r2', 'r1'])
  expect(await ids({ model: 'big' })).toEqual(['r1'])
  expect(await ids({ model: 'm' })).toEqual(['r4', 'r3', 'r2', 'r1'])
  expect(await ids({ status: '4xx' })).toEqual(['r1'])
  expect(await ids({ status: '200', outcome: 'answered' })).toEqual(['r4', 'r3', 'r2'])
  expect(await ids({ errorCode: 'x' })).toEqual(['r1'])
  expect(await ids({ slowerThanMs: 9000 })).toEqual(['r2'])
  expect(await ids({ costAtLeastUsd: '2.5' })).toEqual(['r3'])
  expect(await ids({ endUser: 'ada' })).toEqual(['r3'])
  expect(await ids({ apiKeyId: 'key_b' })).toEqual(['r2'])
  expect(await ids({ organizationId: 'org_z' })).toEqual([])
  const [, second] = await page('prj_list', { limit: 2 })
  const rest = await page('prj_list', { limit: 2, before: second })
  expect(rest.map(({ id }) => id)).toEqual(['r2', 'r1'])
})

/** The next documents of a tail, without its signs of life. */
async function take(tail: AsyncGenerator<string>, count: number): Promise<unknown[]> {
  const documents: unknown[] = []
  while (documents.length < count) {
    const { value = '' } = await tail.next()
    const data = /^data: (.*)$/m.exec(value as string)?.[1]
    if (data !== undefined) documents.push(JSON.parse(data))
  }
  return documents
}

describe('a tail', () => {
  const wanted = (projectId: string | null, rowsMax = 100) => ({
    ...{ scope: { projectId }, filters: {}, after: undefined, rowsMax },
    signal: AbortSignal.timeout(60_000),
  })

  test('shows a project what ends from now on, and nothing of another', async () => {
    const tail = tailRequests(db, wanted('prj_t'))
    await tail.next()
    await keep(line('t1', { projectId: 'prj_other' }), line('t2', { projectId: 'prj_t' }))
    expect(await take(tail, 1)).toMatchObject([{ kind: 'request', request: { id: 't2' } }])
    await tail.return(undefined)
  })

  test('misses nothing that commits late', async () => {
    const start = await currentPosition(db)
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: written, resolve: wrote } = Promise.withResolvers<void>()
    const slow = inTransaction(db, async (tx) => {
      await keepNotes(
        tx,
        [
          {
            ...line('l1'),
            projectId: 'prj_l',
            note: renderLine(line('l1', { projectId: 'prj_l', model: 'n' })),
          },
        ],
        AT,
      )
      wrote()
      await released
    })
    await written
    await keep(line('l2', { projectId: 'prj_l' }))
    const read = (after: string) =>
      selectNews(db, { scope: { projectId: 'prj_l' }, filters: {}, after, limit: 10 })
    const first = await read(start)
    expect(first.lines).toEqual([])
    release()
    await slow
    await untilTrue(async () => (await read(first.next)).lines.length === 2)
    expect((await read(first.next)).lines.map(({ id }) => id)).toEqual(['l1', 'l2'])
  })

  test('tells a reader that fell behind how many it left out, and goes on with the newest', async () => {
    const tail = tailRequests(db, wanted('prj_s', 2))
    await tail.next()
    const start = await currentPosition(db)
    await keep(...['s1', 's2', 's3', 's4', 's5'].map((id) => line(id, { projectId: 'prj_s' })))
    const all = { scope: { projectId: 'prj_s' }, filters: {}, after: start, limit: 10 }
    await untilTrue(async () => (await selectNews(db, all)).lines.length === 5)
    expect(await take(tail, 3)).toMatchObject([
      { kind: 'skipped', requests: 3 },
      { request: { id: 's4' } },
      { request: { id: 's5' } },
    ])
    await tail.return(undefined)
  })
})

describe('lines that wait', () => {
  const bounds = { waitingMax: 5, burst: 3, perSecond: 1, projectsMax: 2 }
  const whose = (projectId: string) => ({ organizationId: 'o', projectId })

  test('of one project leave room for those of another, and what finds none is counted', () => {
    const waiting = new WaitingLines(bounds)
    const add = (projectId: string, nowMs = 0) =>
      waiting.add(whose(projectId), () => projectId, nowMs)
    expect([1, 2, 3, 4, 5].map(() => add('a'))).toEqual([true, true, true, false, false])
    expect([add('b'), add('b'), add('b')]).toEqual([true, true, false])
    expect(add('c')).toBe(false)
    const batch = waiting.take(0)
    expect(batch?.lines.map(({ line: text }) => text)).toEqual(['a', 'a', 'a', 'b', 'b'])
    expect(batch?.omitted.map(({ projectId, requests }) => [projectId, requests])).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 1],
    ])
    expect([add('a', 1000), add('a', 1000)]).toEqual([true, false])
  })

  test('are neither lost nor more than their bound while they cannot be written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'write', 'fail'), { maxLength: 60 }),
        (steps) => {
          const waiting = new WaitingLines({ ...bounds, burst: 1000 })
          let [added, written] = [0, 0]
          const count = (batch: ReturnType<WaitingLines['take']>) =>
            (batch?.lines.length ?? 0) +
            (batch?.omitted ?? []).reduce((sum, { requests }) => sum + requests, 0)
          for (const step of steps) {
            if (step === 'write') written += count(waiting.take(0))
            else if (step === 'fail') {
              const batch = waiting.take(0)
              waiting.add(whose('a'), () => '', 0)
              added += 1
              if (batch) waiting.giveBack(batch)
            } else {
              waiting.add(whose(step), () => '', 0)
              added += 1
            }
          }
          const rest = waiting.take(0)
          expect(rest?.lines.length ?? 0).toBeLessThanOrEqual(bounds.waitingMax)
          expect(written + count(rest)).toBe(added)
        },
      ),
    )
  })
})

test('what a project scrapes are sums that outlive their lines, with a bounded number of series', async () => {
  const own = { projectId: 'prj_sum' }
  const tokens = { inputTokens: 10, outputTokens: 4, cachedInputTokens: 3 }
  await keep(
    line('x1', { ...own, tokens, cost: money('0.5'), durationMs: 20, firstOutputMs: 8 }),
    line('x2', { ...own, tokens, cost: money('0.25'), durationMs: 90 }),
  )
  await keep(
    line('x2', { ...own, tokens }),
    line('x3', { ...own, outcome: 'refused', model: null }),
  )
  await inTransaction(db, (tx) =>
    keepBatch(tx, { lines: [], omitted: [{ ...own, organizationId: 'o', requests: 5 }] }, AT),
  )
  const text = renderTotals(await selectTotals(db, 'prj_sum'), 'prj_sum')
  for (const said of [
    'spillway_requests_total{project="prj_sum",model="m",outcome="answered"} 2',
    'spillway_requests_total{project="prj_sum",model="",outcome="refused"} 1',
    'spillway_requests_total{project="prj_sum",model="",outcome="omitted"} 5',
    'spillway_tokens_total{project="prj_sum",model="m",class="cached_input"} 6',
    'spillway_cost_usd_total{project="prj_sum",model="m"} 0.75',
    'spillway_request_duration_seconds_bucket{project="prj_sum",model="m",le="0.025"} 1',
    'spillway_request_duration_seconds_bucket{project="prj_sum",model="m",le="+Inf"} 2',
    'spillway_request_duration_seconds_sum{project="prj_sum",model="m"} 0.11',
    'spillway_first_output_seconds_bucket{project="prj_sum",model="m",le="0.01"} 1',
    'spillway_first_output_seconds_count{project="prj_sum",model="m"} 1',
  ])
    expect(text.split('\n')).toContain(said)
  const [total] = await selectTotals(db, 'prj_sum')
  const many = Array.from({ length: 300 }, (_, n) => ({ ...total, model: `m${n}` }) as RequestTotal)
  const models = new Set(renderTotals(many, 'p').match(/model="[^"]*"/g))
  expect([models.size, models.has('model="other"')]).toEqual([101, true])
  expect(renderTotals([{ ...many[0], model: 'a"b\\' } as RequestTotal], 'p')).toContain(
    'model="a\\"b\\\\"',
  )
})

test('what is older than it is kept is forgotten', async () => {
  const { deleteOldRequests } = await import('./index.ts')
  await keep(line('old', { projectId: 'prj_old' }))
  await deleteOldRequests(db, new Date(AT.getTime() + 60_001))
  const { rows } = await sql`SELECT 1 FROM request, request_omission`.execute(db)
  expect([await page('prj_old'), rows]).toEqual([[], []])
})
