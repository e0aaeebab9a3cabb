/** `spillway fleet map`: the fleet in letters. */
import { expect, test } from 'vitest'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const pools = ['h200', 'b200'].map((name) => ({
  ...{
    name,
    site: 'east',
    region: 'us-east',
    accelerator: 'H200',
    acceleratorKind: 'gpu' as const,
  },
  engine: 'slurm',
}))
const node = (index: number, pool: number, slots: string) => ({
  ...{ id: `nod_${String(index).padStart(26, '0')}`, name: `n${index}`, pool, rack: 'r1' },
  ...{ fabric: null, state: 'ready' as const, slots, owners: [] },
})
const document = {
  ...{ version: 'one.1', isWhole: true, pools, owners: [], gone: [] },
  nodes: [
    node(1, 0, 'ss--'),
    { ...node(2, 0, 'aaSx'), state: 'down' as const },
    node(3, 1, '----'),
  ],
}
const answers = { getFleetMap: () => document }

test('each rack lists its nodes, a letter a slot, and whose state is not well', async () => {
  const { stdout, code } = await run(['fleet', 'map'], { answers, key: 'operator-secret' })
  expect(code).toBe(0)
  expect(stdout).toContain('east / h200\nrack r1\n  n1 ss--\n  n2 aaSx down\n')
  expect(stdout).toContain('east / b200\nrack r1\n  n3 ----\n')
  expect(stdout).toContain('s spot')
})

test('one pool alone can be shown, and a pool without nodes is said to have none', async () => {
  const { stdout } = await run(['fleet', 'map', '--pool', 'b200'], {
    answers,
    key: 'operator-secret',
  })
  expect(stdout).not.toContain('n1')
  expect(stdout).toContain('n3')
  expect(
    (await run(['fleet', 'map', '--pool', 'none'], { answers, key: 'operator-secret' })).stdout,
  ).toBe('no nodes\n')
})

test('--json writes the document of the API', async () => {
  const { stdout } = await run(['fleet', 'map', '--json'], { answers, key: 'operator-secret' })
  expect(JSON.parse(stdout)).toEqual(document)
})
