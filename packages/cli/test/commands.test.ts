/** The binary against an installation that answers as each test says: output, usage, failures, ids. */
import { describe, expect, test } from 'vitest'
import { AT, ended, fact, lease, LEASE_ID, OTHER_LEASE_ID, page, pool } from './documents.ts'
import { runCommand } from './run-command.ts'
import { Refusal, type Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { folder, installation, run, simulate, start } = createWorkplace()

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

  test('so may the reader of a help', async () => {
    const running = await start(['lease', 'create', '--help'], { answers: {} })
    running.child.stdout?.destroy()
    const { code, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('wrong usage is told before anything is sent', () => {
  test.each([
    [['lease', 'create', '--max-price', 'abc', '--', 'true'], /--max-price .*such as 2\.50/],
    [['lease', 'create', '--gpus', '0', '--', 'true'], /such as 8, or H100:8/],
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
    const mutations = installation().requests.filter(({ line }) => !line.startsWith('GET'))
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
    const denied = await run(['books'], { key: 'demo-secret' })
    expect(denied.code).toBe(4)
    expect(denied.stderr).toContain('books.read')
  })

  test('a server that does not run is told with the way to start it', async () => {
    const gone = await simulate({})
    await gone.stop()
    const { code, stderr } = await runCommand(['balance'], {
      folder: folder(),
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
