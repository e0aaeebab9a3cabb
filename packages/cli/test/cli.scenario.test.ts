/** The commands of the README, typed as a person would, against a real server with real processes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startInstallation, type TestInstallation } from '../../server/test/harness/installation.ts'
import { runCommand, startCommand, type Ran, type Running } from './run-command.ts'

const LEASE = /lse_[0-9a-z]{26}/

let installation: TestInstallation
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-scenario-'))
  installation = await startInstallation()
}, 120_000)

afterAll(async () => {
  await installation.stop()
  await rm(folder, { recursive: true })
})

function options() {
  return { folder, environment: { SPILLWAY_DATA_DIR: installation.dataDir } }
}

function start(...words: readonly string[]): Running {
  return startCommand(words, options())
}

function run(...words: readonly string[]): Promise<Ran> {
  return runCommand(words, options())
}

async function documentOf<T>(...words: readonly string[]): Promise<T> {
  const ran = await run(...words, '--json')
  expect(ran.stderr).toBe('')
  return JSON.parse(ran.stdout) as T
}

function words(line: string): readonly string[] {
  return line.split(' ')
}

function idIn(ran: Pick<Ran, 'stdout' | 'stderr'>): string {
  const id = LEASE.exec(ran.stdout + ran.stderr)?.[0]
  if (id === undefined) throw new Error(`no lease id in:\n${ran.stdout}\n${ran.stderr}`)
  return id
}

interface LeaseView {
  readonly id: string
  readonly state: string
  readonly endReason: string | null
  readonly gpus: number
}

async function shown(id: string, ...more: readonly string[]): Promise<LeaseView> {
  return documentOf<LeaseView>('lease', 'show', id, ...more)
}

describe('a buyer', () => {
  test('talks to the model, and is told what it cost', { timeout: 90_000 }, async () => {
    // given: the model's replica is a lease of its own, which may still be starting
    await expect
      .poll(() => run('model', 'list').then(({ stdout }) => stdout), { timeout: 60_000 })
      .toMatch(/ready/)
    // when
    const streamed = await run('chat', 'What does the sea sell?', '--max-tokens', '12')
    const whole = await run('chat', 'What does the sea sell?', '--max-tokens', '12', '--no-stream')
    // then
    for (const { code, stdout, stderr } of [streamed, whole]) {
      expect(stdout.trim()).not.toBe('')
      expect(stderr).toMatch(/tokens in, \d+ out, 0\.0\d+ USD/)
      expect(code).toBe(0)
    }
  })

  test('is refused with the reason and an exit code', async () => {
    const unknown = await run('chat', 'hi', '--model', 'no-such-model')
    expect(unknown.stderr).toContain('no-such-model')
    expect(unknown.code).toBe(1)
    const wrong = await run('balance', '--url', installation.url, '--key', 'mistyped')
    expect(wrong.stderr).toContain('credential.invalid')
    expect(wrong.code).toBe(4)
    const large = await run('lease', 'create', '--gpus', '99', '--', 'true')
    expect(large.stderr).toContain('lease.over_capacity')
    const cheap = await run('lease', 'create', '--max-price', '0.000001', '--', 'true')
    expect(cheap.stderr).toContain('lease.price_below_market')
    const nowhere = await run('lease', 'show', 'lse_00000000000000000000000000')
    expect(nowhere.stderr).toContain('lease.not_found')
    expect(nowhere.stderr).toContain('--as operator')
  })

  test('runs a command in its folder, sees its output, and gets its exit code', async () => {
    await writeFile(join(folder, 'train.sh'), 'echo "on $SPILLWAY_SLOTS with $RATE"; exit 7\n')
    const { code, stdout, stderr } = await run(
      ...words('lease create --gpus 1 --max-price 2.50 --env RATE=0.1 --follow -- sh train.sh'),
    )
    expect(stdout).toMatch(/^on \d+ with 0\.1\n$/)
    expect(stderr).toContain('exited 7')
    expect(code).toBe(7)
  })

  test('stops a lease by the end of its id', async () => {
    const id = idIn(await run('lease', 'create', '--', 'sleep', '300'))
    await expect.poll(async () => (await shown(id)).state, { timeout: 20_000 }).toBe('running')
    const stopped = await run('lease', 'stop', id.slice(-10), '--yes')
    expect(stopped.code).toBe(0)
    await expect
      .poll(async () => shown(id), { timeout: 20_000 })
      .toMatchObject({ state: 'ended', endReason: 'stopped' })
    expect((await run('lease', 'events', id)).stdout.split('\n').length).toBeGreaterThan(3)
    expect((await run('lease', 'stop', id, '--yes')).stderr).toContain('lease.already_ended')
  })

  test('detaches with Ctrl-C, and comes back to the log from its beginning', async () => {
    const following = start('lease', 'create', '-f', '--', 'sh', '-c', 'echo begun; sleep 300')
    await following.shows('begun')
    following.child.kill('SIGINT')
    const detached = await following.ended
    expect(detached.code).toBe(130)
    const id = idIn(detached)
    expect((await shown(id)).state).toBe('running')
    const again = start('lease', 'logs', '-f', id)
    await again.shows('begun')
    await run('lease', 'stop', id, '--yes')
    expect((await again.ended).code).toBeGreaterThan(0)
  })
})

describe('the operator', () => {
  test(
    'takes the room of a spot lease, which gets its notice and starts again',
    { timeout: 90_000 },
    async () => {
      // given: a spot lease on all the room there is
      const [pool] = (await documentOf<{ items: { slotsFree: number }[] }>('pool', 'list')).items
      const gpus = String(pool?.slotsFree ?? 1)
      const command = 'trap "echo noticed" USR1; echo begun; while :; do sleep 0.1; done'
      const spot = start(
        ...words(`lease create --gpus ${gpus} --requeue --notice-signal SIGUSR1 --follow`),
        '--',
        'sh',
        '-c',
        command,
      )
      await spot.shows('begun')
      // when
      const anchor = await run(
        'anchor',
        'run',
        '--gpus',
        gpus,
        '--follow',
        '--',
        'echo',
        'anchored',
      )
      // then
      expect(anchor.stdout).toBe('anchored\n')
      expect(anchor.code).toBe(0)
      await spot.shows('noticed')
      // It starts again once the market has looked at the free slots, which may take a moment.
      const running = () => run('lease', 'list', '--kind', 'spot', '--state', 'running')
      await expect
        .poll(async () => LEASE.test((await running()).stdout), { timeout: 20_000 })
        .toBe(true)
      const id = idIn(await running())
      await expect
        .poll(() => run('lease', 'logs', id).then(({ stdout }) => stdout.match(/begun/g)?.length), {
          timeout: 30_000,
        })
        .toBe(2)
      await run('lease', 'stop', id, '--yes')
      expect((await spot.ended).code).toBeGreaterThan(0)
    },
  )

  test('sees books whose split is the wall time, and a ledger that balances', async () => {
    const verified = await run('ledger', 'verify')
    expect(verified.stdout).toContain('The ledger balances.')
    expect(verified.code).toBe(0)
    const books = await run('books')
    expect(books.stdout).toContain('equals the wall time')
    expect((await run('books', '--as', 'demo')).code).toBe(4)
  })

  test.each([
    ['usage'],
    ['usage', '--from', '24h', '--step', 'hour'],
    ['balance'],
    ['model', 'show', 'toy'],
    ['pool', 'slots'],
    ['deployment', 'list'],
    ['deployment', 'bids', 'toy'],
    ['deployment', 'discover'],
    ['fleet'],
    ['key', 'list'],
    ['organization', 'list'],
    ['audit', 'list'],
    ['system'],
    ['whoami'],
    ['console'],
  ])('%j says something to people and to programs', async (...words) => {
    const human = await run(...words)
    expect(human.stderr).toBe('')
    expect(human.stdout).not.toMatch(/undefined|NaN|\[object/)
    expect(human.code).toBe(0)
    await documentOf(...words)
  })

  test('makes a buyer, gives it credit, and the buyer makes and revokes a key', async () => {
    const made = await run('organization', 'create', 'Example Robotics')
    const key = made.stdout.trim()
    expect((await run('organization', 'credit', 'Example Robotics', '12.50')).stdout).toContain(
      '12.50 USD',
    )
    const asBuyer = ['--url', installation.url, '--key', key]
    expect((await run('balance', ...asBuyer)).stdout).toMatch(/^available +12\.50$/m)
    const created = await run('key', 'create', 'ci', ...asBuyer)
    const id = /key_[0-9a-z]{26}/.exec(created.stderr)?.[0] ?? ''
    expect((await run('key', 'revoke', id.slice(-12), '--yes', ...asBuyer)).stdout).toContain(
      'is revoked',
    )
    const revoked = await run(
      'model',
      'list',
      '--url',
      installation.url,
      '--key',
      created.stdout.trim(),
    )
    expect(revoked.code).toBe(4)
  })

  test('follows the events of what happens meanwhile', async () => {
    const events = start('events', '--type', 'lease.')
    await events.shows('Following')
    const id = idIn(await run('lease', 'create', '--', 'true'))
    await events.shows('lease.ended')
    events.child.kill('SIGINT')
    const { code, stdout } = await events.ended
    expect(stdout).toContain(`lease.created  ${id}  Asked for 1 GPU`)
    expect(code).toBe(130)
  })
})

describe('a server that is killed and started again', () => {
  test('is waited for, and what runs is followed to its end', { timeout: 120_000 }, async () => {
    // given: a lease that waits for a file, so that the test decides when it ends
    const command = 'echo before; until [ -e go ]; do sleep 0.1; done; echo after; exit 4'
    const following = start('lease', 'create', '--follow', '--', 'sh', '-c', command)
    await following.shows('before')
    // when
    const { dataDir, url } = installation
    await installation.kill()
    await following.shows('The connection is lost')
    const environment = { SPILLWAY_PORT: new URL(url).port }
    installation = await startInstallation({ dataDir, environment })
    await following.shows('The server is back')
    await writeFile(join(folder, 'go'), '')
    // then
    const { code, stdout } = await following.ended
    expect(stdout).toBe('before\nafter\n')
    expect(code).toBe(4)
  })
})
