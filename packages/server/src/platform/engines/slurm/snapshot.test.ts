/** Looks at a cluster: what many ask for at once is looked up once, and is never older than they asked for. */
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { createSlurmCommand } from './slurm-command.ts'
import { createSnapshots } from './snapshot.ts'

let folder: string

/** Programs in the place of Slurm's; `squeue` counts how often it is asked, and takes its time. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-snapshots-'))
  const node = { name: 'gpu1', state: 'idle', state_flags: [], cpus: 1, real_memory: 1 }
  const programs = {
    squeue: `echo asked >> ${folder}/asked; sleep 0.1; [ -e ${folder}/broken ] || echo '{"jobs":[]}'`,
    sinfo: `echo '${JSON.stringify({ nodes: [node] })}'`,
    sdiag: `echo "sdiag output at now ($(($(date +%s) + $(cat ${folder}/ahead))))"`,
  }
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  setAhead(0)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** How far the controller's clock is from ours. */
function setAhead(seconds: number): void {
  writeFileSync(join(folder, 'ahead'), String(seconds))
}

function open() {
  const environment = { PATH: `${folder}:/usr/bin:/bin` }
  const slurm = createSlurmCommand({ environment, conf: null })
  return createSnapshots({ directory: folder, bootId: 'boot', slurm })
}

const looks = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').length

test('fifty who want it newer than the look under way cost one more look, and each gets what is new enough', async () => {
  const snapshots = open()
  const first = snapshots.since(monotonicMs())
  const asked = Array.from({ length: 50 }, async (_, index) => {
    const sinceMs = monotonicMs() + (index === 0 ? 0 : 1)
    return [sinceMs, await snapshots.since(sinceMs)] as const
  })
  for (const [sinceMs, { fromMs }] of await Promise.all(asked))
    expect(fromMs).toBeGreaterThanOrEqual(sinceMs)
  await first
  expect(looks()).toBeLessThanOrEqual(3)
})

test('a look that fails is nobody else’s answer: who waits behind it gets one of his own', async () => {
  const snapshots = open()
  appendFileSync(join(folder, 'broken'), '')
  const first = snapshots.since(monotonicMs())
  const second = snapshots.since(monotonicMs() + 1)
  await expect(first).rejects.toThrow()
  rmSync(join(folder, 'broken'))
  expect((await second).jobs).toEqual([])
})

test('clock skew: a controller whose clock is hours off, or is set meanwhile, moves no instant', async () => {
  for (const ahead of [7200, -7200]) {
    setAhead(ahead)
    const snapshot = await open().since(monotonicMs())
    // What began just now by its clock began just now by our counter.
    const toldSeconds = Math.floor(Date.now() / 1000) + ahead
    expect(Math.abs(snapshot.atSeconds(toldSeconds) - monotonicMs())).toBeLessThan(60_000)
  }
})

test('what was seen just now serves whoever asks next, however long the look took', async () => {
  const snapshots = open()
  const seen = await snapshots.recent()
  expect(await snapshots.recent()).toBe(seen)
  expect(looks()).toBe(1)
  expect((await snapshots.since(monotonicMs())).fromMs).toBeGreaterThanOrEqual(seen.untilMs)
  expect(looks()).toBe(2)
})
