/** Leases through the binary: what is sent, what is followed, which exit code comes back. */
import { describe, expect, test } from 'vitest'
import { ended, lease, LEASE_ID } from './documents.ts'
import { scriptedLife } from './scripted-life.ts'
import { type Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { folder, installation, run, start } = createWorkplace()

describe('lease create', () => {
  test('sends what was asked for, from the folder it was called in', async () => {
    const answers: Answers = { createLease: () => lease({ state: 'pending' }) }
    const words = ['lease', 'create', '--gpus', '2', '--max-price', '2.50', '--requeue']
    const more = ['--notice-signal', 'SIGUSR1', '--grace', '10s', '--time-limit', '1h', '-e', 'A=1']
    const command = ['--', 'python3', 'train.py', '--json', '--gpus', '9']
    const { code, stdout, stderr } = await run([...words, ...more, ...command], { answers })
    expect(installation().requests[0]).toMatchObject({
      line: 'POST /api/v1/leases',
      role: 'member',
    })
    expect(installation().requests[0]?.body).toEqual({
      command: ['python3', 'train.py', '--json', '--gpus', '9'],
      artifactsBytesMax: 10 * 1024 ** 3,
      inputs: [],
      outputs: [],
      fabric: 'any',
      gpus: 2,
      tier: 'spot',
      maxPriceUsdPerGpuHour: '2.50',
      requeue: 'on_reclaim',
      failuresMax: 3,
      mode: 'job',
      noticeSignal: 'SIGUSR1',
      graceMs: 10_000,
      timeLimitMs: 3_600_000,
      environment: { A: '1' },
      workingDirectory: folder(),
    })
    expect(stdout).toContain(LEASE_ID)
    expect(stderr).toContain(`spillway lease logs -f ${LEASE_ID}`)
    expect(code).toBe(0)
  })

  test('with a port asks for a service, and shows how it is and where it is reached', async () => {
    const service = {
      port: 0,
      health: { path: '/up', intervalMs: 5000, timeoutMs: 2000, failuresMax: 3 },
      state: 'starting' as const,
      text: 'It has not been checked yet.',
      path: `/api/v1/leases/${LEASE_ID}/proxy/`,
    }
    const answers: Answers = { createLease: () => lease({ mode: 'service', service }) }
    const words = ['lease', 'create', '--port', 'auto', '--health-path', '/up', '--', 'x']
    const { stdout } = await run(words, { answers })
    expect(installation().requests[0]?.body).toMatchObject({
      mode: 'service',
      service: { port: 0, health: { path: '/up' } },
    })
    expect(stdout).toContain('starting: It has not been checked yet.')
    expect(stdout).toContain(service.path)
  })

  test('--gpus H100:8 names the accelerator too', async () => {
    const answers: Answers = { createLease: () => lease() }
    const words = ['lease', 'create', '--gpus', 'H100:16', '--nodes', '2', '--fabric', 'same']
    await run([...words, '--site', 'fra-1', '--', 'x'], { answers })
    expect(installation().requests[0]?.body).toMatchObject({
      ...{ accelerator: 'H100', gpus: 16, nodes: 2, fabric: 'same', site: 'fra-1' },
    })
  })

  test('files and secrets are asked for as they were written', async () => {
    const answers: Answers = { createLease: () => lease() }
    const files = [
      '--input',
      'a/b=https://x.example/b?c=d',
      '--output',
      'out=https://x.example/out',
    ]
    await run(['lease', 'create', ...files, '--secret', 'TOKEN=t=1', '--', 'x'], { answers })
    expect(installation().requests[0]?.body).toMatchObject({
      inputs: [{ path: 'a/b', url: 'https://x.example/b?c=d' }],
      outputs: [{ path: 'out', url: 'https://x.example/out' }],
      secretEnvironment: { TOKEN: 't=1' },
    })
  })

  test('the health of what has no port cannot be asked for', async () => {
    const { code, stderr } = await run(['lease', 'create', '--health-path', '/', '--', 'x'], {})
    expect(stderr).toContain('Name its port with --port.')
    expect(code).toBe(2)
  })

  test('--follow shows the output, tells the facts, and exits as the command did', async () => {
    const life = scriptedLife([
      lease({ state: 'pending', waitingFor: 'room' }),
      lease(),
      ended({ exitCode: 7 }),
    ])
    const { code, stdout, stderr } = await run(['lease', 'create', '--follow', '--', 'x'], {
      answers: { createLease: () => lease({ state: 'pending' }), ...life },
    })
    expect(stdout).toBe('hello\nworld\n')
    expect(stderr).toContain('it is running')
    expect(stderr).toContain('exited 7; 12.345 GPU-s, 0.004115 USD')
    expect(code).toBe(7)
  })

  test.each([
    ['killed by a signal', { exitCode: null, exitSignal: 'SIGKILL' }, 137],
    ['reclaimed, though it left with 0', { endReason: 'reclaimed' as const }, 5],
    ['lost', { endReason: 'lost' as const, exitCode: null }, 5],
  ])('a lease that was %s never looks like success', async (_how, changes, want) => {
    const answers: Answers = { createLease: () => lease(), ...scriptedLife([ended(changes)]) }
    const { code } = await run(['lease', 'create', '--follow', '--', 'x'], { answers })
    expect(code).toBe(want)
  })

  test('Ctrl-C only detaches, and says how to come back', async () => {
    const answers: Answers = { createLease: () => lease(), ...scriptedLife([lease()]) }
    const running = await start(['lease', 'create', '-f', '--', 'sleep', '100'], { answers })
    await running.shows('hello')
    running.child.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect(stderr).toContain('Detached; the lease goes on.')
    expect(stderr).toContain(`spillway lease stop ${LEASE_ID}`)
    expect(code).toBe(130)
    expect(installation().requests.filter(({ line }) => line.endsWith('/stop'))).toEqual([])
  })

  test('with --json stdout has the ended lease, and the output goes to stderr', async () => {
    const answers: Answers = { createLease: () => lease(), ...scriptedLife([lease(), ended()]) }
    const { stdout, stderr } = await run(['lease', 'create', '-f', '--json', '--', 'x'], {
      answers,
    })
    expect(JSON.parse(stdout)).toMatchObject({ id: LEASE_ID, state: 'ended', exitCode: 0 })
    expect(stderr).toMatch(/^hello$/m)
    expect(stderr).toMatch(/^world$/m)
  })
})

describe('lease logs', () => {
  test('the stream goes on where it broke off', async () => {
    let calls = 0
    const life = scriptedLife([lease(), lease(), lease(), ended()])
    const { code, stdout } = await run(['lease', 'logs', '-f', LEASE_ID], {
      answers: {
        ...life,
        getLeaseLogs: async function* ({ query }) {
          const log = 'one\ntwo\n'
          const offset = Number(query['offset'])
          if (calls++ > 0) yield log.slice(offset)
          else {
            yield log.slice(offset, 5)
            throw new Error('the connection is cut in the middle of a line')
          }
        },
      },
    })
    expect(stdout).toBe('one\ntwo\n')
    expect(code).toBe(0)
  })

  test('--tail counts lines, and following goes on behind them', async () => {
    const answers: Answers = {
      ...scriptedLife([lease(), ended()]),
      getLeaseLogs: async function* ({ query }) {
        yield (query['follow'] === true ? 'a\nb\nc\nd\n' : 'a\nb\nc\n').slice(
          Number(query['offset']),
        )
      },
    }
    const { stdout } = await run(['lease', 'logs', '-f', '--tail', '2', LEASE_ID], { answers })
    expect(stdout).toBe('b\nc\nd\n')
  })
})
