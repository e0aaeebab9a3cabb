/** Commands that cannot start say why, in words for the person who typed them. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { admissionOf, readLog, script, untilGone } from '#platform/engines/testing/bench.ts'
import { makeLocalBench } from './testing/local-bench.ts'
import type { LocalBench } from './testing/local-bench.ts'

let bench: LocalBench
beforeEach(async () => {
  bench = await makeLocalBench()
})
afterEach(() => bench.dispose())

async function textOf(
  changes: Partial<Parameters<LocalBench['engine']['admit']>[0]>,
): Promise<string> {
  await bench.engine.admit(admissionOf(bench, changes))
  const gone = await untilGone(bench.engine)
  expect(gone.how).toBe('start_failed')
  return gone.text
}

test('a working directory that is not there', async () => {
  const text = 'there is no working directory /no/such/place'
  expect(await textOf({ workingDirectory: '/no/such/place' })).toBe(text)
})

test('a path that is not there', async () => {
  expect(await textOf({ command: ['./train.sh'] })).toBe(
    './train.sh: no such file; the path is read on the node',
  )
})

test('a file that may not be run', async () => {
  const file = join(bench.home, 'train.sh')
  await writeFile(file, 'echo hello')
  expect(await textOf({ command: [file] })).toMatch(
    /: permission denied; make it executable with chmod \+x/,
  )
})

test('a command starts in a folder of its own, on its own CPUs, apart from the server', async () => {
  const file = join(bench.home, 'where.sh')
  await writeFile(file, '#!/bin/sh\npwd\necho "pid $$"\n')
  await chmod(file, 0o755)
  await bench.engine.admit(admissionOf(bench, { command: [file] }))
  await untilGone(bench.engine)
  expect(await readLog(bench.engine)).toContain(`${join(bench.directory, 'att_1', 'work')}\n`)
})

test.runIf(process.platform === 'linux')(
  'a command on CPU slots may run on their CPUs alone',
  async () => {
    const source = `const status = require('node:fs').readFileSync('/proc/self/status', 'utf8')
    console.log(/Cpus_allowed_list:\\s*(\\S+)/.exec(status)[1] === process.env.SPILLWAY_CPUS)`
    const placements = [{ node: bench.nodes[0], slots: [0, 1] }]
    await bench.engine.admit(admissionOf(bench, { command: script(source), placements }))
    await untilGone(bench.engine)
    expect(await readLog(bench.engine)).toBe('true\n')
  },
)
