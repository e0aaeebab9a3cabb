/** The binary against an installation that answers as each test says: protocol, output, exit codes. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  ended,
  fact,
  lease,
  LEASE_ID,
  model,
  OTHER_LEASE_ID,
  page,
  pool,
  poolBooks,
  AT,
} from './documents.ts'
import { runCommand, startCommand, type Ran, type Running } from './run-command.ts'
import {
  Refusal,
  simulateInstallation,
  type Answers,
  type SimulatedInstallation,
} from './simulated-installation.ts'

let folder = ''
let installation: SimulatedInstallation | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-cli-'))
})

afterEach(async () => {
  await installation?.stop()
  installation = null
  await rm(folder, { recursive: true })
})

interface Given {
  readonly answers?: Answers
  readonly key?: string
  readonly stdin?: string
}

async function start(words: readonly string[], given: Given = {}): Promise<Running> {
  installation = await simulateInstallation(given.answers ?? {})
  return startCommand(words, {
    folder,
    environment: {
      SPILLWAY_URL: installation.url,
      SPILLWAY_API_KEY: given.key ?? 'demo-secret',
    },
    ...(given.stdin === undefined ? {} : { stdin: given.stdin }),
  })
}

async function run(words: readonly string[], given: Given = {}): Promise<Ran> {
  return (await start(words, given)).ended
}

describe('what goes where', () => {
  test('--json writes the document of the API and nothing else', async () => {
    const document = page([pool()])
    const { stdout, stderr, code } = await run(['pool', 'list', '--json'], {
      answers: { listPools: () => document },
    })
    expect(JSON.parse(stdout)).toEqual(document)
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  test('a table has its ids whole and its amounts exact', async () => {
    const { stdout } = await run(['lease', 'list'], {
      answers: { listLeases: () => page([lease(), ended({ id: OTHER_LEASE_ID, exitCode: 3 })]) },
    })
    const [heading = '', first = '', second = ''] = stdout.split('\n')
    expect(heading).toMatch(/^ID +KIND +STATE/)
    expect(first).toContain(LEASE_ID)
    expect(first).toContain('laptop-1: slots 0-1')
    expect(first).toContain('0.004115')
    expect(second).toContain('exited 3')
  })

  test('the reader of a pipe may leave early', async () => {
    const answers: Answers = {
      getLeaseLogs: async function* () {
        for (let line = 0; line < 100_000; line++) yield `line ${line}\n`
      },
    }
    const running = await start(['lease', 'logs', LEASE_ID], { answers })
    running.child.stdout?.once('data', () => running.child.stdout?.destroy())
    const { code, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('wrong usage is told before anything is sent', () => {
  test.each([
    [['lease', 'create', '--max-price', 'abc', '--', 'true'], /--max-price .*such as 2\.50/],
    [['lease', 'create', '--gpus', '0', '--', 'true'], /from 1 to 1024/],
    [['lease', 'create', '--grace', '10', '--', 'true'], /30s, 5m, 1h/],
    [['lease', 'create', '--tier', 'gold', '--', 'true'], /on_demand, spot, flex/],
    [['lease', 'create', '--notice-signal', 'SIGKILL', '--', 'true'], /SIGUSR1/],
    [['lease', 'create', '--gpus', '1'], /no command to run/],
    [['lease', 'create', '--env', 'A=1', 'B=2', '--', 'true'], /“B=2” stands in front of --/],
    [['lease', 'create', 'python3', '-c', 'print(1)'], /whole command after --/],
    [['lease', 'craete'], /Did you mean create/],
    [['lease', 'stop', LEASE_ID], /Add --yes/],
    [['usage', '--from', 'yesterday'], /2026-01-31/],
    [['--as', 'nobody', 'balance'], /demo, operator/],
    [['organization', 'credit', 'x', '1,5'], /such as 1\.5/],
    [['organization', 'credit', 'x', '0.00'], /above zero/],
    [['deployment', 'add', 'x'], /--upstream/],
    [['deployment', 'add', 'x', '--upstream', 'localhost:1'], /with its scheme/],
    [['--url', 'localhost:1', 'balance'], /with its scheme/],
  ])('%j', async (words, want) => {
    const answers: Answers = { getLease: () => lease() }
    const { code, stdout, stderr } = await run(words, { answers })
    expect(stderr).toMatch(want)
    expect(stderr).toMatch(/^error: /)
    expect(stdout).toBe('')
    expect(code).toBe(2)
    const mutations = installation?.requests.filter(({ line }) => !line.startsWith('GET'))
    expect(mutations).toEqual([])
  })
})

describe('failures', () => {
  test('a refusal says what happened, what to do, the fields, and the request', async () => {
    const { code, stderr } = await run(['pool', 'slots', 'nope'], {
      answers: {
        listSlots: () => {
          throw new Refusal('pool.not_found', 'There is no pool nope.', [
            { field: 'params.pool', message: 'is not known' },
          ])
        },
      },
    })
    expect(code).toBe(1)
    expect(stderr).toBe(
      [
        'error: There is no pool nope.',
        '       pool: is not known',
        '       List the pools with `spillway pool list`.',
        '       (pool.not_found, request req_test)',
        '',
      ].join('\n'),
    )
  })

  test('a wrong key and a missing permission exit with 4', async () => {
    expect((await run(['balance'], { key: 'mistyped' })).code).toBe(4)
    await installation?.stop()
    const denied = await run(['books'], { key: 'demo-secret' })
    expect(denied.code).toBe(4)
    expect(denied.stderr).toContain('books.read')
  })

  test('a server that does not run is told with the way to start it', async () => {
    const gone = await simulateInstallation({})
    await gone.stop()
    const { code, stderr } = await runCommand(['balance'], {
      folder,
      environment: { SPILLWAY_URL: gone.url, SPILLWAY_API_KEY: 'x' },
    })
    expect(stderr).toBe(
      `error: Nothing answers at ${gone.url}.\n       Start it with \`npm start\` in the Spillway folder.\n`,
    )
    expect(code).toBe(3)
  })

  test('the field that is wrong is told by the flag that it came from', async () => {
    const { stderr } = await run(['usage', '--from', '2030-01-01'], {
      answers: {
        getUsage: () => {
          const message = 'must lie before `to`.'
          throw new Refusal('request.invalid', `query.from: ${message}`, [
            { field: 'query.from', message },
          ])
        },
      },
    })
    expect(stderr).toBe(
      'error: --from: must lie before `to`.\n       (request.invalid, request req_test)\n',
    )
  })

  test('a gateway whose API is away counts as not reachable', async () => {
    const { code, stderr } = await run(['chat', 'hi', '--model', 'toy', '--no-stream'], {
      answers: {
        listModels: () => page([]),
        chat: () => ({
          status: 503,
          type: 'application/problem+json',
          body: '{"status":503,"detail":"The API does not answer right now.","remedy":"Try again."}',
        }),
      },
    })
    expect(stderr).toBe('error: The API does not answer right now.\n       Try again.\n')
    expect(code).toBe(3)
  })

  test('something else that listens at the address is not taken for Spillway', async () => {
    const { code, stderr } = await run(['chat', 'hi', '--model', 'toy', '--no-stream'], {
      answers: {
        listModels: () => page([]),
        chat: () => ({ status: 200, type: 'text/html', body: '<html>' }),
      },
    })
    expect(stderr).toContain('it is not Spillway')
    expect(code).toBe(3)
  })
})

describe('lease create', () => {
  test('sends what was asked for, from the folder it was called in', async () => {
    const answers: Answers = { createLease: () => lease({ state: 'pending' }) }
    const words = ['lease', 'create', '--gpus', '2', '--max-price', '2.50', '--requeue']
    const more = ['--notice-signal', 'SIGUSR1', '--grace', '10s', '--time-limit', '1h', '-e', 'A=1']
    const command = ['--', 'python3', 'train.py', '--json', '--gpus', '9']
    const { code, stdout, stderr } = await run([...words, ...more, ...command], { answers })
    expect(installation?.requests[0]).toMatchObject({ line: 'POST /api/v1/leases', role: 'member' })
    expect(installation?.requests[0]?.body).toEqual({
      command: ['python3', 'train.py', '--json', '--gpus', '9'],
      gpus: 2,
      tier: 'spot',
      maxPriceUsdPerGpuHour: '2.50',
      requeue: true,
      noticeSignal: 'SIGUSR1',
      graceMs: 10_000,
      timeLimitMs: 3_600_000,
      environment: { A: '1' },
      workingDirectory: folder,
    })
    expect(stdout).toContain(LEASE_ID)
    expect(stderr).toContain(`spillway lease logs -f ${LEASE_ID}`)
    expect(code).toBe(0)
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
    expect(installation?.requests.filter(({ line }) => line.endsWith('/stop'))).toEqual([])
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

/** A lease that is a step further each time it is looked at; its log ends when it does. */
function scriptedLife(states: readonly ReturnType<typeof lease>[]): Answers {
  let at = -1
  const wakers: (() => void)[] = []
  const now = () => states[Math.min(Math.max(at, 0), states.length - 1)] ?? lease()
  return {
    getLease: () => {
      at++
      if (now().state === 'ended') for (const wake of wakers) wake()
      return now()
    },
    listLeaseFacts: () => page([fact('it is running')]),
    getLeaseLogs: async function* ({ query }) {
      const log = 'hello\nworld\n'.slice(Number(query['offset']))
      if (log.length > 6) yield 'hello\n'
      if (query['follow'] === true && now().state !== 'ended')
        await new Promise<void>((done) => wakers.push(done))
      if (now().state === 'ended' && log.length > 0) yield log.slice(-6)
    },
  }
}

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

describe('ids', () => {
  const answers: Answers = {
    listLeases: () => page([lease(), lease({ id: OTHER_LEASE_ID, command: ['sleep', '9'] })]),
    getLease: ({ params }) => lease({ id: String(params['id']) }),
    listLeaseFacts: () => page([fact('it started', { at: AT })]),
  }

  test('may be cut to what is unique', async () => {
    const { stdout, code } = await run(['lease', 'show', 'bb'], { answers })
    expect(stdout).toContain(OTHER_LEASE_ID)
    expect(stdout).toContain('it started')
    expect(code).toBe(0)
  })

  test('that could be several are listed with what they run', async () => {
    const { stderr, code } = await run(['lease', 'show', '06f3'], { answers })
    expect(stderr).toContain('could be 2 leases')
    expect(stderr).toContain(`${OTHER_LEASE_ID}  running  sleep 9`)
    expect(code).toBe(2)
  })

  test('that are none say how to list them', async () => {
    const { stderr, code } = await run(['lease', 'show', 'zz'], { answers })
    expect(stderr).toContain('spillway lease list')
    expect(code).toBe(1)
  })
})

describe('chat', () => {
  const streamed = [
    { choices: [{ delta: { content: 'Hello' } }] },
    { choices: [{ delta: { content: ' there' }, finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
  ]
  const answers: Answers = {
    listModels: () => page([model({ id: 'cold', isToy: false, state: 'starting' }), model()]),
    chat: ({ stream }) =>
      stream === true
        ? {
            status: 200,
            type: 'text/event-stream',
            body: `${streamed.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
          }
        : {
            status: 200,
            type: 'application/json',
            body: '{"choices":[{"message":{"content":"Hello"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
          },
  }

  test('streams the answer to stdout, and what it used and cost to stderr', async () => {
    const { code, stdout, stderr } = await run(['chat', 'Say', 'hello', '--max-tokens', '5'], {
      answers,
    })
    expect(stdout).toBe('Hello there\n')
    expect(stderr).toMatch(/^toy, 3 tokens in, 2 out, 0\.0000011 USD, .*s\n$/)
    expect(code).toBe(0)
    expect(installation?.requests.at(-1)?.body).toEqual({
      model: 'toy',
      messages: [{ role: 'user', content: 'Say hello' }],
      max_tokens: 5,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('reads the prompt from a pipe', async () => {
    await run(['chat', '--system', 'Be brief.'], { answers, stdin: 'a question\n' })
    expect(installation?.requests.at(-1)?.body).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'a question\n' },
      ],
    })
  })

  test('--json is the whole completion, and an answer cut at its limit is told', async () => {
    const { stdout, stderr } = await run(['chat', 'hi', '--json'], { answers })
    expect(JSON.parse(stdout)).toMatchObject({ choices: [{ message: { content: 'Hello' } }] })
    expect(stderr).toContain('cut at its limit')
  })

  test('a model that is not ready says what it waits for', async () => {
    const starting = model({ state: 'starting', stateText: 'the weights are loading' })
    const { code, stderr } = await run(['chat', 'hi'], {
      answers: { listModels: () => page([starting]) },
    })
    expect(stderr).toContain('toy is starting: the weights are loading')
    expect(code).toBe(1)
  })
})

describe('the operator’s reports', () => {
  test('books draw the split, and its sum equals the wall time', async () => {
    const { stdout, code } = await run(['books'], {
      key: 'operator-secret',
      answers: {
        getBooks: () => ({
          from: AT,
          to: AT,
          currency: 'USD',
          pools: [poolBooks()],
          revenueBySku: [
            { sku: 'gpu-spot', quantity: '2000000', unit: 'gpu_ms', revenueUsd: '0.666666666667' },
          ],
          overrunUsd: '0',
          creditGrantedUsd: '100',
        }),
      },
    })
    const bar = stdout.split('\n').find((line) => line.startsWith('█')) ?? ''
    expect(bar).toBe('█'.repeat(9) + '▒'.repeat(18) + '▞'.repeat(9) + '·'.repeat(36))
    expect(stdout).toMatch(/= +sum +8,000\.000 +100\.0 % +equals the wall time/)
    expect(stdout).toMatch(/margin after depreciation +0\.206709/)
    expect(code).toBe(0)
  })

  test('a ledger that does not hold exits with 1', async () => {
    const verification = {
      isBalanced: true,
      currency: 'USD',
      transactions: 2,
      entries: 4,
      usageEvents: 1,
      sumUsd: '0',
      checks: [{ name: 'usage', isHeld: false, text: 'one event has no charge' }],
      accounts: [{ account: 'cash', balanceUsd: '-1.5' }],
    }
    const { stdout, code } = await run(['ledger', 'verify'], {
      key: 'operator-secret',
      answers: { verifyLedger: () => verification },
    })
    expect(stdout).toContain('✗ usage: one event has no charge')
    expect(code).toBe(1)
  })

  test('an anchor tells who is reclaimed while it waits, then where it runs', async () => {
    const life = scriptedLife([
      lease({ kind: 'anchor', state: 'pending', waitingFor: 'slots' }),
      lease({ kind: 'anchor' }),
    ])
    const { stdout, stderr, code } = await run(['anchor', 'run', '--gpus', '2', '--', 'x'], {
      key: 'operator-secret',
      answers: {
        runAnchor: () => lease({ kind: 'anchor', state: 'pending' }),
        ...life,
        listLeaseFacts: () => page([fact('lse_x got its notice and stops at 12:00:30')]),
      },
    })
    expect(stderr).toContain('lse_x got its notice')
    expect(stdout).toBe(`${LEASE_ID} runs on laptop-1: slots 0-1\n`)
    expect(code).toBe(0)
  })

  test('events are one document a line, until Ctrl-C', async () => {
    const event = { position: '1', at: AT, type: 'lease.started', organization: null }
    const running = await start(['events', '--json'], {
      key: 'operator-secret',
      answers: {
        streamEvents: async function* () {
          yield { ...event, subject: LEASE_ID, data: { gpus: 2 } }
          await new Promise(() => undefined)
        },
      },
    })
    await running.shows('lease.started')
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(JSON.parse(stdout.trim())).toMatchObject({ subject: LEASE_ID })
    expect(code).toBe(130)
  })
})

describe('login', () => {
  test('tries the key, keeps it where only its owner reads, and speaks with it afterwards', async () => {
    const session = {
      organization: { id: 'org_06f3k0000000000000000000aa', name: 'Example', kind: 'customer' },
      project: { id: 'prj_06f3k0000000000000000000aa', name: 'default' },
      role: 'member',
      permissions: ['lease.list'],
    }
    installation = await simulateInstallation({ getSession: () => session })
    const options = { folder, environment: { XDG_CONFIG_HOME: join(folder, 'config') } }
    const words = ['login', '--url', installation.url]
    const wrong = await runCommand(words, { ...options, stdin: 'mistyped\n' })
    expect(wrong.code).toBe(4)
    const right = await runCommand(words, { ...options, stdin: 'demo-secret\n' })
    expect(right.stdout).toBe(`Signed in to ${installation.url} as Example.\n`)
    const path = join(folder, 'config', 'spillway', 'config.json')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      url: installation.url,
      key: 'demo-secret',
    })
    expect((await runCommand(['whoami'], options)).stdout).toContain('Example (customer)')
    expect((await runCommand(['logout'], options)).stdout).toContain('is removed')
  })
})
