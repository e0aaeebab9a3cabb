import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFleetFile } from './fleet-file.ts'
import { policyOf } from './reclaim-policy.ts'

const laptop = readFileSync(new URL('../../../../../examples/laptop.yaml', import.meta.url), 'utf8')
const [before = '', after = ''] = laptop.split(/ {8}reclaim:[^]*?(?= {8}cost:)/)

/** The example with this in place of its policy, each line indented as a pool's. */
function withPolicy(lines: readonly string[]): string {
  return `${before}${lines.map((line) => `        ${line}\n`).join('')}${after}`
}

function policyIn(lines: readonly string[]) {
  const outcome = readFleetFile(withPolicy(lines))
  const pool = outcome.kind === 'read' ? outcome.fleet.sites[0]?.pools[0] : undefined
  return pool && policyOf(pool)
}

function faultsIn(lines: readonly string[]): string[] {
  const outcome = readFleetFile(withPolicy(lines))
  return outcome.kind === 'refused' ? outcome.faults.map(({ message }) => message) : []
}

test('a pool that says nothing never takes on demand back, and spot with thirty seconds of notice', () => {
  const rest = { minimumRunMs: 0, perMonthMax: null, compensation: { kind: 'none' } }
  expect(policyIn([])).toEqual({
    on_demand: { by: [], noticeMs: 3_600_000, ...rest },
    spot: { by: ['anchor', 'on_demand'], noticeMs: 30_000, ...rest },
    flex: { by: ['anchor', 'on_demand', 'serving', 'spot'], noticeMs: 0, ...rest },
    evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
    anchorHeadroom: 0,
  })
})

test('the older block of notices is read as before', () => {
  const policy = policyIn(['notice: { on_demand: 2h, spot: 5s, flex: 1s }'])
  expect([policy?.on_demand, policy?.spot, policy?.flex].map((each) => each?.noticeMs)).toEqual([
    7_200_000, 5000, 1000,
  ])
})

test('every part of a policy is read', () => {
  const policy = policyIn([
    'anchorHeadroom: 2',
    'reclaim:',
    '  evictionBatch: 4',
    '  on_demand: { by: [anchor], notice: 1h, compensation: { minutes: 60 } }',
    '  spot:',
    '    by: [anchor]',
    '    notice: 2m',
    '    minimumRun: 30m',
    '    perMonthMax: 3',
    '    compensation: { fraction: 0.5, ofLast: 1h }',
  ])
  expect(policy).toMatchObject({
    on_demand: { by: ['anchor'], compensation: { kind: 'minutes', minutes: 60 } },
    spot: {
      ...{ by: ['anchor'], noticeMs: 120_000, minimumRunMs: 1_800_000, perMonthMax: 3 },
      compensation: { kind: 'charge', fraction: '0.5', lastMs: 3_600_000 },
    },
    evictionBatch: { leasesMax: 4, slotsPercentMax: null },
    anchorHeadroom: 2,
  })
})

test.each([
  [
    'a notice in both places',
    ['notice: { on_demand: 1h, spot: 5s, flex: 0s }', 'reclaim: { spot: { notice: 10s } }'],
    'the notice of spot stands in `notice` as well',
  ],
  [
    'on demand taken back for nothing',
    ['reclaim: { on_demand: { by: [anchor] } }'],
    'on demand is taken back only against compensation',
  ],
  [
    'on demand taken back at short notice',
    ['reclaim: { on_demand: { by: [anchor], notice: 1m, compensation: { minutes: 5 } } }'],
    'only with a long notice',
  ],
  [
    'on demand taken back by spot',
    ['reclaim: { on_demand: { by: [spot] } }'],
    'may be taken back by: anchor',
  ],
  [
    'more than all of a charge',
    ['reclaim: { spot: { compensation: { fraction: 1.5, ofLast: 1h } } }'],
    'write a part between 0 and 1',
  ],
  ['a batch of nobody', ['reclaim: { evictionBatch: 0% }'], 'or a part such as 25%'],
  ['a misspelt term', ['reclaim: { spot: { minimumrun: 5m } }'], 'did you mean `minimumRun`?'],
])('%s is refused with what to write instead', (_what, lines, message) => {
  expect(faultsIn(lines).join('\n')).toContain(message)
})
