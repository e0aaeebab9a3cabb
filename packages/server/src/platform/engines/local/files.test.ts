/** Files of an attempt where the disk is full, and in a sandbox; the rest is in the suite of all engines. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Admission } from '#platform/engines/engine.ts'
import { untilGone } from '#platform/engines/testing/bench.ts'
import { type LocalBench, makeLocalBench } from './testing/local-bench.ts'

let bench: LocalBench

beforeEach(async () => {
  bench = await makeLocalBench()
})

afterEach(() => bench.dispose())

function run(script: string, changes: Partial<Admission> = {}): Promise<void> {
  return bench.engine.admit({
    ...{
      attemptId: 'lse_1-1',
      leaseId: 'lse_1',
      organizationId: 'org_1',
      kind: 'spot',
      tenant: 'owner',
    },
    ...{ placements: [{ node: 'local', slots: [0] }], acceleratorKind: 'cpu' },
    ...{ command: ['sh', '-c', script], environment: {}, workingDirectory: null },
    ...{ timeLimitMs: null },
    ...changes,
  })
}

const gone = (attemptId = 'lse_1-1') => untilGone(bench.engine, attemptId)

test('a full disk under its files is the lease\u2019s failure, and is told', async (context) => {
  const { spawnSync } = await import('node:child_process')
  const work = join(bench.directory, 'lse_1-1', 'work')
  mkdirSync(work, { recursive: true })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', work])
  if (mounted.status !== 0) return context.skip('no disk can be mounted here')
  try {
    await run('head -c 1000000 /dev/zero > "$SPILLWAY_ARTIFACTS_DIR/big"')
    expect(await gone()).toMatchObject({
      how: 'exited',
      exitCode: 1,
      text: 'exited with code 1; the disk of its files is full',
    })
  } finally {
    spawnSync('umount', [work])
    writeFileSync(join(bench.directory, 'done'), '')
  }
})

test('in a sandbox too files come, stay, and are the next attempt\u2019s', async (context) => {
  const first = { tenant: 'customer', inputs: [{ path: 'in', url: 'data:,hello' }] } as const
  await run('cp in "$SPILLWAY_ARTIFACTS_DIR/kept"', first)
  const seen = await gone()
  if (seen.how === 'start_failed') return context.skip(seen.text)
  expect(seen).toMatchObject({ exitCode: 0 })
  const second = { attemptId: 'lse_1-2', previousAttemptId: 'lse_1-1', tenant: 'customer' } as const
  const placements = [{ node: 'local', slots: [1] }]
  const append =
    'grep hello "$SPILLWAY_ARTIFACTS_DIR/kept" && echo more >> "$SPILLWAY_ARTIFACTS_DIR/kept"'
  await run(append, { ...second, placements })
  expect(await gone('lse_1-2')).toMatchObject({ exitCode: 0 })
  const { path = '' } = (await bench.engine.artifacts('lse_1-2')) ?? {}
  expect(readFileSync(join(path, 'kept'), 'utf8')).toBe('hellomore\n')
})
