/** Chat and the operator's reports through the binary: what goes to stdout, what to stderr. */
import { describe, expect, test } from 'vitest'
import { AT, fact, lease, LEASE_ID, model, page, poolBooks } from './documents.ts'
import { scriptedLife } from './scripted-life.ts'
import { type Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run, start } = createWorkplace()

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
    expect(installation().requests.at(-1)?.body).toEqual({
      model: 'toy',
      messages: [{ role: 'user', content: 'Say hello' }],
      max_tokens: 5,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('reads the prompt from a pipe', async () => {
    await run(['chat', '--system', 'Be brief.'], { answers, stdin: 'a question\n' })
    expect(installation().requests.at(-1)?.body).toMatchObject({
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
          reclaimCompensationUsd: '0.25',
          faultCompensationUsd: '0.05',
          blockCompensationUsd: '0',
          sellBackCompensationUsd: '0',
          creditGrantedUsd: '100',
        }),
      },
    })
    const bar = stdout.split('\n').find((line) => line.startsWith('█')) ?? ''
    expect(bar).toBe('█'.repeat(9) + '▒'.repeat(18) + '▞'.repeat(9) + '·'.repeat(36))
    expect(stdout).toMatch(/= +sum +8,000\.000 +100\.0 % +equals the wall time/)
    expect(stdout).toMatch(/given back for reclaims +0\.25/)
    expect(stdout).toMatch(/given back for lost GPUs +0\.05/)
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
