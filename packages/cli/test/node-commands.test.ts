/** What the operator does to nodes through the binary. */
import type { NodeDetail } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const NODE_ID = 'nod_06f3k0000000000000000000aa'

function node(changes: Partial<NodeDetail> = {}): NodeDetail {
  return {
    ...{ id: NODE_ID, name: 'gpu7', slotCount: 0, state: 'ready', reason: null, hardware: 'h' },
    ...{ since: AT, pool: 'hall', rack: null, fabric: null, slotsByKind: {}, faultCount: 0 },
    ...{ slots: [], leases: [], faults: [], facts: [] },
    ...changes,
  }
}

test.each([
  ['drain', 'drainNode', { reason: 'it burns', evacuate: false }],
  ['quarantine', 'quarantineNode', { reason: 'it burns' }],
  ['retire', 'retireNode', { reason: 'it burns' }],
  ['resume', 'resumeNode', { reason: 'it burns' }],
] as const)(
  'node %s sends the reason, and shows the node as it is then',
  async (word, name, body) => {
    const sent: unknown[] = []
    const words = ['node', word, 'gpu7', '--reason', 'it burns', '--json']
    const { stdout, code } = await run(word === 'resume' ? words : [...words, '--yes'], {
      key: 'operator-secret',
      answers: {
        listNodes: () => page([node()]),
        [name]: (request: { params: unknown; body: unknown }) => {
          sent.push([request.params, request.body])
          return node({ state: 'faulty', reason: 'it burns' })
        },
      },
    })
    expect(sent).toEqual([[{ id: NODE_ID }, body]])
    expect(JSON.parse(stdout)).toMatchObject({ name: 'gpu7', state: 'faulty' })
    expect(code).toBe(0)
  },
)

test.each([
  ['quarantine', 'Quarantine gpu7?'],
  ['retire', 'Take gpu7 out for good?'],
])('node %s changes nothing where nobody can be asked', async (word, question) => {
  const { stderr, code } = await run(['node', word, 'gpu7', '--reason', 'it burns'], {
    key: 'operator-secret',
    answers: { listNodes: () => page([node()]) },
  })
  expect(stderr).toContain(question)
  expect(code).toBe(2)
})
