/** Cards, aliases, access and documentation through the binary: what is sent, and that unknown reads as unknown. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const AT = '2026-11-27T12:00:00.000Z'
const price = { amountUsd: '0.25', per: '1000000', unit: 'token' }
const RETIREMENT = {
  ...{ model: 'llama', version: 1, announcedAt: AT, retiresAt: '2027-03-01T00:00:00.000Z' },
  ...{ successor: 'llama-3', isRetired: false },
}
const CARD = {
  ...{ model: 'llama', version: 2, setAt: AT, displayName: 'Llama', description: 'A model.' },
  ...{ publisher: null, origin: null, licence: null, contextTokens: 8192 },
  ...{ isToy: false, isEmbedding: false, declared: { documentation: {} } },
  servers: [{ kind: 'replica', provider: 'own', region: null, dataPolicy: 'not_kept' }],
  prices: [
    { tokenClass: 'input', tier: 'standard', price },
    { tokenClass: 'input', tier: 'flex', price },
  ],
  ...{ measured: null, retirement: RETIREMENT, aliases: ['fast'], isAllowed: true },
}
const PROJECT = `prj_${'0'.repeat(26)}`
const ACCESS = {
  ...{ projectId: PROJECT, organizationId: `org_${'0'.repeat(26)}`, setBy: 'organization' },
  ...{ version: 1, rule: 'except', models: ['llama'], setAt: AT },
}
const asOperator = (answers: Answers) => ({ answers, key: 'operator-secret' })

describe('model', () => {
  test('a card says unknown of what nobody declared or measured, and every price with its tier', async () => {
    const { stdout } = await run(['model', 'card', 'llama'], {
      answers: { getModelCard: () => CARD },
    })
    expect(stdout).toMatch(/publisher +unknown/)
    expect(stdout).toMatch(/first output +unknown/)
    expect(stdout).toMatch(/input, flex +0\.25/)
    expect(stdout).toMatch(/retires on 2027-03-01 00:00:00 UTC; llama-3 succeeds it/)
  })

  test('declare sends the file with the version that was seen, and refuses what is no card', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-card-'))
    const file = join(folder, 'card.json')
    writeFileSync(file, '{"licence": "MIT"}')
    let sent: unknown
    const answers: Answers = { setModelCard: ({ body }) => ((sent = body), CARD) }
    const words = ['model', 'declare', 'llama', '--file', file]
    await run([...words, '--replaces', '1'], asOperator(answers))
    expect(sent).toEqual({ card: { licence: 'MIT', documentation: {} }, replaces: 1 })
    writeFileSync(file, '{"licens": "MIT"}')
    const { stderr, code } = await run(words, asOperator(answers))
    expect([code, stderr]).toEqual([2, expect.stringContaining('licens')])
  })

  test('aliases, access and retirements are sent as they are meant', async () => {
    const sent: unknown[] = []
    const answers: Answers = {
      setModelAlias: ({ params, body }) => {
        sent.push([params, body])
        return { alias: 'fast', model: 'llama', version: 3, setAt: AT }
      },
      setModelAccess: ({ body }) => {
        sent.push(body)
        return ACCESS
      },
      announceModelRetirement: ({ body }) => {
        sent.push(body)
        return RETIREMENT
      },
    }
    await run(['model', 'alias', 'fast', 'llama'], asOperator(answers))
    const { stdout } = await run(['model', 'allow', '--except', 'llama'], { answers })
    expect(stdout).toContain('all but llama')
    const words = ['model', 'retire', 'llama', '--at', '2027-03-01', '--successor', 'llama-3']
    await run([...words, '--yes'], asOperator(answers))
    expect(sent).toEqual([
      [{ alias: 'fast' }, { model: 'llama' }],
      { rule: 'except', models: ['llama'] },
      { retiresAt: '2027-03-01T00:00:00.000Z', successor: 'llama-3' },
    ])
  })

  test('documentation is a page, on which each field says how it is known', async () => {
    const field = { name: 'licence', label: 'Licence', annexes: ['XI', 'XII'] }
    const documentation = {
      ...{ model: 'llama', displayName: 'Llama', version: 2, madeAt: AT },
      sections: [
        {
          ...{ name: 'licence', title: 'Distribution and licence' },
          fields: [{ ...field, basis: 'declared', value: 'MIT', source: 'its publisher' }],
        },
      ],
    }
    const { stdout } = await run(['model', 'documentation', 'llama'], {
      answers: { getModelDocumentation: () => documentation },
    })
    expect(stdout).toContain('| Licence | MIT | declared: its publisher | XI, XII |')
  })
})
