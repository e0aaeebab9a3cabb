/** Upstreams, through the binary: what is sent, and what is never said. */
import { describe, expect, test } from 'vitest'
import type { Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run } = createWorkplace()

const ID = 'ups_00000000000000000000000001'
const UPSTREAM = {
  ...{ id: ID, model: 'claude', provider: 'anthropic', url: 'https://api.example.com/v1' },
  ...{ upstreamModel: 'theirs-1', hasCredential: true, region: 'eu', dataPolicy: 'not_kept' },
  allowsPrivateNetwork: false,
  ...{ inputCostUsd: null, outputCostUsd: null, createdAt: '2026-01-01T00:00:00.000Z' },
}
const listUpstreams = () => ({ items: [UPSTREAM], nextCursor: null })
const asOperator = (answers: Answers, stdin = '') => ({ answers, stdin, key: 'operator-secret' })

describe('upstream', () => {
  test('add takes the credential from a pipe and shows nothing of it', async () => {
    const words = ['upstream', 'add', 'claude', '--address', UPSTREAM.url, '--credential']
    const terms = ['--provider', 'anthropic', '--upstream-model', 'theirs-1', '--data', 'not_kept']
    const sale = ['--context', '8192', '--input-price', '3', '--output-price', '15']
    const classes = ['--cached-input-price', '0.3']
    const { code, stdout, stderr } = await run(
      [...words, ...terms, ...sale, ...classes],
      asOperator({ createUpstream: () => UPSTREAM }, 'sk-secret\n'),
    )
    expect(code).toBe(0)
    expect(installation().requests[0]?.body).toMatchObject({
      ...{ model: 'claude', url: UPSTREAM.url, provider: 'anthropic', upstreamModel: 'theirs-1' },
      ...{ credential: 'sk-secret', dataPolicy: 'not_kept' },
      sell: { contextTokens: 8192, inputUsd: '3', outputUsd: '15', cachedInputUsd: '0.3' },
    })
    expect(stdout + stderr).not.toContain('sk-secret')
    expect(stdout).toContain('sealed')
  })

  test('add of a model of the catalog says nothing of prices, and half of them are refused', async () => {
    const words = ['upstream', 'add', 'toy', '--address', 'http://10.0.0.1:8000/v1']
    const answers = { createUpstream: () => UPSTREAM }
    expect((await run(words, asOperator(answers))).code).toBe(0)
    expect(installation().requests[0]?.body).not.toHaveProperty('sell')
    expect((await run([...words, '--private-network'], asOperator(answers))).code).toBe(0)
    expect(installation().requests.at(-1)?.body).toMatchObject({ allowsPrivateNetwork: true })
    const half = await run([...words, '--input-price', '3'], asOperator(answers))
    expect(half.code).toBe(2)
    expect(half.stderr).toContain('A new model needs its context and both prices')
  })

  test('list reads as documents and as a table', async () => {
    const { stdout } = await run(['upstream', 'list'], asOperator({ listUpstreams }))
    expect(stdout).toContain('not kept')
    const { stdout: json } = await run(
      ['upstream', 'list', '--json'],
      asOperator({ listUpstreams }),
    )
    expect(JSON.parse(json)).toMatchObject({ items: [{ id: ID }] })
  })

  test('update and remove name it by its model', async () => {
    const answers = {
      listUpstreams,
      updateUpstream: () => UPSTREAM,
      deleteUpstream: () => ({ ok: true }),
    }
    const update = await run(
      ['upstream', 'update', 'claude', '--region', 'eu'],
      asOperator(answers),
    )
    expect(update.code).toBe(0)
    expect(installation().requests.at(-1)?.body).toEqual({ region: 'eu' })
    expect((await run(['upstream', 'update', 'claude'], asOperator(answers))).code).toBe(2)
    expect((await run(['upstream', 'remove', 'claude', '--yes'], asOperator(answers))).code).toBe(0)
  })
})
