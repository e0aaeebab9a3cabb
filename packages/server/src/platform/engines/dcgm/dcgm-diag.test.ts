/** What `dcgmi diag --json` prints in DCGM 3 and 4, and what it means. */
import { expect, test } from 'vitest'
import { readDcgmDiag } from './dcgm-diag.ts'

interface TestOf4 {
  readonly name: string
  readonly statuses: readonly string[]
  readonly warning?: string
}

/** As DCGM 4 prints it: entities, and a summary of each test. */
function version4(tests: readonly TestOf4[]): string {
  const render = ({ name, statuses, warning }: TestOf4) => ({
    name,
    results: statuses.map((status, id) => ({
      ...{ entity_group: 'GPU', entity_group_id: 1, entity_id: id, status },
      ...(status === 'Fail' && warning !== undefined
        ? { warnings: [{ error_category: 7, error_id: 13, error_severity: 2, warning }] }
        : {}),
    })),
    test_summary: { status: statuses.find((status) => status === 'Fail') ?? 'Pass' },
  })
  const document = {
    'DCGM Diagnostic': {
      test_categories: [{ category: 'Deployment', tests: tests.map(render) }],
    },
    entity_groups: [
      {
        entities: [{ device_id: '2330', entity_id: 0, serial_num: '165' }],
        ...{ entity_group: 'GPU', entity_group_id: 1 },
      },
    ],
    metadata: { 'Driver Version Detected': '570.86.15', version: '4.6.0' },
  }
  return `${JSON.stringify(document, null, 3)}\n`
}

/** As DCGM 3 prints it: numbers of GPUs as text, warnings as text, words in other letters. */
const VERSION_3 = JSON.stringify({
  'DCGM GPU Diagnostic': {
    version: '3.3.1',
    'Driver Version Detected': '545.23.08',
    'GPU Device IDs': ['2330', '2330'],
    test_categories: [
      { category: 'Deployment', tests: [{ name: 'Denylist', results: [{ status: 'PASS' }] }] },
      {
        category: 'Integration',
        tests: [
          {
            name: 'PCIe',
            results: [
              { gpu_id: '0', status: 'PASS' },
              { gpu_ids: '1', status: 'FAIL', warnings: ['too few lanes'], info: ['x8'] },
              { gpu_id: '2', status: 'SKIPPED' },
            ],
          },
        ],
      },
    ],
  },
})

test('a diagnostic that passes finds nothing, in the form of version 4', () => {
  const printed = version4([{ name: 'software', statuses: ['Pass', 'Pass', 'Skip'] }])
  expect(readDcgmDiag(printed)).toEqual({ kind: 'read', findings: [] })
})

test('a test that fails on one GPU says so of that GPU alone', () => {
  const tests = [
    { name: 'software', statuses: ['Pass', 'Pass'] },
    { name: 'pcie', statuses: ['Pass', 'Fail'], warning: 'GPU 1 has fallen off the bus' },
  ]
  const part = { group: 'GPU', id: 1 }
  expect(readDcgmDiag(version4(tests))).toEqual({
    kind: 'read',
    findings: [{ part, gravity: 'failure', text: 'pcie: GPU 1 has fallen off the bus' }],
  })
})

test('the form of version 3 is understood too', () => {
  expect(readDcgmDiag(`Successfully ran diagnostic for group.\n${VERSION_3}`)).toEqual({
    kind: 'read',
    findings: [{ part: { group: 'GPU', id: 1 }, gravity: 'failure', text: 'PCIe: too few lanes' }],
  })
})

test('a test that fails on no part in particular is of the node as a whole', () => {
  const printed = VERSION_3.replace('"status":"PASS"}]}', '"status":"FAIL"}]}')
  expect(readDcgmDiag(printed)).toMatchObject({ findings: [{ part: null }, { part: { id: 1 } }] })
})

test.each([
  ['nothing', '', /printed nothing/],
  ['a complaint', 'Error: unable to establish a connection to the specified host\n', /no JSON/],
  [
    'an error of its own',
    '{"DCGM Diagnostic": {"runtime_error": "Error: DCGM is paused."}}',
    /paused/,
  ],
  ['JSON of something else', '{"DCGM": 1}', /not that of a diagnostic/],
  ['no test', '{"DCGM Diagnostic": {"test_categories": []}}', /no test/],
  [
    'tests that were all skipped',
    version4([{ name: 'a', statuses: [] }]).replace('Pass', 'Skip'),
    /no test/,
  ],
  ['a word that means nothing', VERSION_3.replace('SKIPPED', 'MAYBE'), /“MAYBE” of PCIe/],
  ['a GPU that is no number', VERSION_3.replace('"gpu_id":"0"', '"gpu_id":"all"'), /which part/],
])('%s is no reading: neither passed nor failed', (_, printed, why) => {
  expect(readDcgmDiag(printed)).toMatchObject({
    kind: 'unread',
    why: expect.stringMatching(why) as string,
  })
})
