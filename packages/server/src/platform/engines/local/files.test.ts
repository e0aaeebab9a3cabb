import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Admission } from '#platform/engines/engine.ts'
import { untilGone } from '#platform/engines/testing/bench.ts'
import { type LocalBench, makeLocalBench } from './testing/local-bench.ts'

let bench: LocalBench
let store: Server
let storeUrl: string
const sent = new Map<string, string>()

beforeEach(async () => {
  sent.clear()
  bench = await makeLocalBench()
  store = createServer((request, response) => {
    const path = request.url ?? ''
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        sent.set(path, Buffer.concat(chunks).toString())
        response.writeHead(path === '/refused' ? 403 : 200).end()
      })
    } else if (path === '/set') response.end('the set')
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve))
  const address = store.address()
  storeUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})

afterEach(async () => {
  await bench.dispose()
  store.close()
})

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

test('inputs are there before the command starts, and outputs are sent when it has ended', async () => {
  const sha256 = createHash('sha256').update('the set').digest('hex')
  await run(
    'test "$(cat data/set)" = "the set" && test -z "$SPILLWAY_TRANSFERS" && echo out > made',
    {
      inputs: [
        { path: 'data/set', url: `${storeUrl}/set`, sha256 },
        { path: 'small', url: 'data:,hello' },
      ],
      outputs: [{ path: 'made', url: `${storeUrl}/made?signature=1` }],
    },
  )
  expect(await gone()).toMatchObject({ how: 'exited', exitCode: 0 })
  expect(sent.get('/made?signature=1')).toBe('out\n')
})

test.each([
  ['is not there', { path: 'x', url: '/none' }, /input x cannot be fetched: 404/],
  ['is another', { path: 'x', url: '/set', sha256: '0'.repeat(64) }, /its sha256 is [0-9a-f]{64}/],
])('an input that %s is a failure to start, told in words', async (_how, input, text) => {
  await run('echo never', { inputs: [{ ...input, url: storeUrl + input.url }] })
  expect(await gone()).toMatchObject({ how: 'start_failed', text: expect.stringMatching(text) })
  const log = await bench.engine.log('lse_1-1')
  expect(readFileSync(log?.path ?? '', 'utf8')).not.toContain('never')
})

test('an output that cannot be sent makes a failure of what went well', async () => {
  await run('echo out > made', { outputs: [{ path: 'made', url: `${storeUrl}/refused` }] })
  expect(await gone()).toMatchObject({ exitCode: 124, text: expect.stringMatching(/made .* 403/) })
})

test('a command that is carried ends as it would alone', async () => {
  const inputs = [{ path: 'x', url: 'data:,x' }]
  await run('exit 7', { inputs })
  expect(await gone()).toMatchObject({ exitCode: 7 })
  await run('kill -KILL $$', { attemptId: 'lse_2-1', leaseId: 'lse_2', inputs })
  expect(await gone('lse_2-1')).toMatchObject({ exitSignal: 'SIGKILL' })
  await run('x', { attemptId: 'lse_3-1', leaseId: 'lse_3', inputs, command: ['no-such-thing'] })
  expect(await gone('lse_3-1')).toMatchObject({
    how: 'start_failed',
    text: 'no-such-thing: command not found',
  })
})

test('the next attempt finds what the one before left in the artifacts folder', async () => {
  await run('echo 41 > "$SPILLWAY_ARTIFACTS_DIR/checkpoint"')
  await gone()
  await bench.engine.forget('lse_1-1')
  const second = { attemptId: 'lse_1-2', previousAttemptId: 'lse_1-1' }
  await run('test "$(cat "$SPILLWAY_ARTIFACTS_DIR/checkpoint")" = 41', second)
  expect(await gone('lse_1-2')).toMatchObject({ exitCode: 0 })
  expect(await bench.engine.artifacts('lse_1-1')).toBeNull()
  const { path = '' } = (await bench.engine.artifacts('lse_1-2')) ?? {}
  expect(readFileSync(join(path, 'checkpoint'), 'utf8')).toBe('41\n')
  await bench.engine.discard('lse_1-2')
  await bench.engine.discard('lse_1-2')
  expect(existsSync(path)).toBe(false)
})

test('a lease that fills its artifacts folder is ended, and is told why', async () => {
  const fill = 'head -c 3000000 /dev/zero > "$SPILLWAY_ARTIFACTS_DIR/big"; sleep 1000'
  await run(fill, { artifactsBytesMax: 2_000_000 })
  expect(await gone()).toMatchObject({
    how: 'exited',
    exitSignal: 'SIGTERM',
    text: expect.stringMatching(/artifacts folder holds more than the 1\.9 MiB that it may/),
  })
})

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
