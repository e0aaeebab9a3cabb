/** Guardrails through the binary. */
import type { Guardrail } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

function guardrail(changes: Partial<Guardrail> = {}): Guardrail {
  return {
    ...{ id: 'grl_06f3k0000000000000000000aa', name: 'no-addresses', projectId: null },
    ...{ position: 100, side: 'both', mode: 'redact', toModel: null, createdAt: AT },
    check: { kind: 'pii', types: ['email', 'phone'], except: [] },
    ...changes,
  }
}

test('the list says what is looked at, for what, and what then', async () => {
  const routed = guardrail({
    ...{ name: 'medical', side: 'input', mode: 'route', toModel: 'careful' },
    check: { kind: 'model', model: 'judge', unsafe: 'unsafe' },
  })
  const { stdout } = await run(['guardrail', 'list'], {
    answers: { listGuardrails: () => page([guardrail(), routed]) },
  })
  expect(stdout).toMatch(/no-addresses +input, output +email, phone +redact +all/)
  expect(stdout).toMatch(/medical +input +what judge calls unsafe +route to careful/)
  const none = await run(['guardrail', 'list'], { answers: { listGuardrails: () => page([]) } })
  expect(none.stdout).toContain('no guardrail')
})

test('one is set by what it looks for, and by exactly one thing', async () => {
  const bodies: unknown[] = []
  const answers = {
    setGuardrail: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return guardrail()
    },
  }
  const set = (...options: string[]) =>
    run(['guardrail', 'set', 'rule', '--side', 'both', '--mode', 'redact', ...options], { answers })
  await set('--pii', 'email,phone', '--except', 'help@example.org')
  await set('--words', 'project x, secret', '--position', '5')
  expect(bodies).toEqual([
    {
      ...{ name: 'rule', side: 'both', mode: 'redact', position: 100 },
      check: { kind: 'pii', types: ['email', 'phone'], except: ['help@example.org'] },
    },
    {
      ...{ name: 'rule', side: 'both', mode: 'redact', position: 5 },
      check: { kind: 'words', words: ['project x', 'secret'], except: [] },
    },
  ])
  const both = await set('--pii', 'email', '--words', 'x')
  expect(both).toMatchObject({ code: 2 })
  expect(both.stderr).toContain('More than one thing')
  const nothing = await set()
  expect(nothing.stderr).toContain('Nothing to look for')
  expect(bodies).toHaveLength(2)
})

test('a trial shows what would go on', async () => {
  const { stdout } = await run(['guardrail', 'try', 'mail ada@example.org'], {
    answers: {
      tryGuardrails: () => ({
        ...{
          outcome: 'redacted' as const,
          text: 'mail [email]',
          toModel: null,
          notAsked: ['judge'],
        },
        findings: [
          { guardrail: 'no-addresses', mode: 'redact' as const, found: 'email', count: 1 },
        ],
      }),
    },
  })
  expect(stdout).toContain('redacted')
  expect(stdout).toContain('no-addresses: email')
  expect(stdout).toContain('mail [email]')
})

test('one is deleted by its name', async () => {
  const deleted: unknown[] = []
  await run(['guardrail', 'delete', 'no-addresses'], {
    answers: {
      listGuardrails: () => page([guardrail()]),
      deleteGuardrail: ({ params }: { readonly params: unknown }) => {
        deleted.push(params)
        return { ok: true as const }
      },
    },
  })
  expect(deleted).toEqual([{ id: guardrail().id }])
})
