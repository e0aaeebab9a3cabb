/** What guardrails find, what they leave alone, and that a stream is screened as the whole would be. */
import type { GuardrailCheck, PiiType } from '@spillway/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mapTexts } from './body.ts'
import { type Guardrail, guardrailsFor } from './guardrail.ts'
import { makeGuards } from './guards-service.ts'
import type { Guards } from './guards.ts'
import { Screen } from './screen.ts'
import { StreamScreen } from './stream-screen.ts'

function rail(check: GuardrailCheck, rest: Partial<Guardrail> = {}): Guardrail {
  return {
    ...{ id: `grl_${check.kind}`, organizationId: 'org', projectId: null, name: check.kind },
    ...{ position: 100, side: 'both', mode: 'redact', toModel: null, createdAt: new Date(0) },
    ...{ check, ...rest },
  }
}

const pii = (types: PiiType[], except: string[] = []) => rail({ kind: 'pii', types, except })
const words = (...list: string[]) => rail({ kind: 'words', words: list, except: [] })
const pattern = (source: string, lengthMax = 128) =>
  rail({ kind: 'pattern', pattern: source, lengthMax, except: [] })

function ready(...rails: readonly Guardrail[]): Guards {
  const guards = makeGuards(rails, 'output')
  if (!guards) throw new Error('There is nothing to look for.')
  return guards
}

const screened = (text: string, ...rails: readonly Guardrail[]) =>
  new Screen(ready(...rails)).screen(text)

describe('finds', () => {
  test.each<[PiiType, string]>([
    ['email', 'first.last+tag@mail.example.org'],
    ['phone', '+49 30 1234 5678'],
    ['phone', '(212) 555-0187-22'],
    ['credit_card', '4111 1111 1111 1111'],
    ['credit_card', '378282246310005'],
    ['credit_card', '4111-1111-1111-1111'],
    ['iban', 'DE89 3704 0044 0532 0130 00'],
    ['iban', 'GB29NWBK60161331926819'],
    ['ip_address', '192.168.10.254'],
    ['us_ssn', '219-09-9999'],
    ['secret_key', 'sk-abcdefghijklmnopqrstuvwx'],
    ['secret_key', 'AKIAIOSFODNN7EXAMPLE'],
    ['secret_key', '-----BEGIN RSA PRIVATE KEY-----'],
  ])('%s: %s', (type, found) => {
    expect(screened(`It is ${found}, I think.`, pii([type]))).toBe(`It is [${type}], I think.`)
    expect(screened(found, pii([type]))).toBe(`[${type}]`)
  })

  test('a number beside other numbers', () => {
    expect(screened('4111 1111 1111 1111 12/27', pii(['credit_card']))).toBe('[credit_card] 12/27')
    expect(screened('No 7 4111 1111 1111 1111', pii(['credit_card']))).toBe('No 7 [credit_card]')
    expect(screened('DE89 3704 0044 0532 0130 00 BIC', pii(['iban']))).toBe('[iban] BIC')
    expect(screened('at 10.0.0.1.', pii(['ip_address']))).toBe('at [ip_address].')
  })

  test('words as a whole, in any case, also next to each other', () => {
    const rails = words('secret', 'project x')
    expect(screened('Secret secret! secrets; PROJECT  X', rails)).toBe(
      '[word] [word]! secrets; [word]',
    )
  })

  test('patterns of an organization, even those that make other engines hang', () => {
    expect(screened('case AB-1234 and ab-9', pattern('[A-Z]{2}-\\d+'))).toBe(
      'case [pattern] and ab-9',
    )
    expect(screened('a'.repeat(50_000), pattern('(a+)+$'))).toBe('[pattern]')
  })
})

describe('leaves alone', () => {
  test.each<[PiiType, string]>([
    ['email', 'user@localhost'],
    ['phone', '2026-11-27 10-20-30'],
    ['phone', '1234567'],
    ['credit_card', '4111 1111 1111 1112'],
    ['credit_card', '0000 0000 0000 0000'],
    ['iban', 'DE89 3704 0044 0532 0130 01'],
    ['ip_address', '1.2.3.400'],
    ['us_ssn', '000-12-3456'],
    ['secret_key', 'sk-short'],
  ])('%s: %s', (type, text) => {
    expect(screened(text, pii([type]))).toBe(text)
  })

  test('what is excepted, whatever its case', () => {
    const rails = pii(['email'], ['Help@Example.org'])
    expect(screened('help@example.org or me@example.org', rails)).toBe(
      'help@example.org or [email]',
    )
  })

  test('names, addresses and bytes in a body', () => {
    const body = {
      model: 'secret',
      messages: [
        { role: 'user', content: 'a secret' },
        { role: 'tool', tool_call_id: 'secret', content: [{ type: 'text', text: 'secret too' }] },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:secret' } }] },
      ],
    }
    const screen = new Screen(ready(words('secret')))
    const mapped = mapTexts(body, (text) => screen.screen(text))
    expect(mapped).toEqual({
      ...body,
      messages: [
        { role: 'user', content: 'a [word]' },
        { ...body.messages[1], content: [{ type: 'text', text: '[word] too' }] },
        body.messages[2],
      ],
    })
    expect(screen.findings()).toEqual([
      { guardrail: 'words', mode: 'redact', found: 'word', count: 2 },
    ])
    expect(mapTexts(body, (text) => text)).toBe(body)
  })
})

describe('decides', () => {
  const check: GuardrailCheck = { kind: 'words', words: ['bad'], except: [] }

  test('that a block is stronger than any other, and names its guardrail', () => {
    const rails = [
      rail({ ...check, words: ['odd'] }, { id: 'a', mode: 'route', toModel: 'small', name: 'odd' }),
      rail({ ...check, words: ['bad'] }, { id: 'b', mode: 'block', name: 'bad' }),
      rail({ ...check, words: ['bad'] }, { id: 'c', mode: 'flag', name: 'noted' }),
    ]
    const verdict = (text: string) => {
      const screen = new Screen(ready(...rails))
      screen.screen(text)
      return screen.verdict
    }
    expect(verdict('fine')).toEqual({ kind: 'passed' })
    expect(verdict('odd')).toMatchObject({ kind: 'routed', toModel: 'small' })
    expect(verdict('odd and bad')).toMatchObject({ kind: 'blocked', by: { name: 'bad' } })
  })

  test('by size once over all texts, and by a schema for the whole', () => {
    const size = rail({ kind: 'size', charactersMax: 10 }, { mode: 'block' })
    const screen = new Screen(ready(size))
    screen.screen('12345')
    expect(screen.isBlocked).toBe(false)
    screen.screen('678901')
    expect(screen.isBlocked).toBe(true)
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } }
    const valid = rail({ kind: 'json_schema', schema }, { mode: 'block', side: 'output' })
    for (const [text, isBlocked] of [
      ['{"a":1}', false],
      ['{"a":"1"}', true],
      ['no', true],
    ] as const) {
      const each = new Screen(ready(valid))
      each.validate(text)
      expect(each.isBlocked).toBe(isBlocked)
    }
  })

  test('in the order of positions, for the project alone or with all', () => {
    const rails = [
      rail(check, { id: 'a', position: 2 }),
      rail(check, { id: 'b', position: 1, projectId: 'p' }),
      rail(check, { id: 'c', position: 0, projectId: 'q' }),
    ]
    expect(guardrailsFor(rails, 'p').map(({ id }) => id)).toEqual(['b', 'a'])
  })
})

const PIECES = [
  ...['me@example.org', 'sk-abcdefghijklmnopqrstuvwx', '+49 30 1234 5678', '4111 1111 1111 1111'],
  ...['DE89 3704 0044 0532 0130 00', '192.168.10.254', '219-09-9999', 'secret', 'project  x'],
  ...['AB-1234', ' ', '. ', 'é', '😀', 'word ', 'DE', '4111', '@', '-', 'a', '7'],
]
const ALL = [
  pii(['email', 'phone', 'credit_card', 'iban', 'ip_address', 'us_ssn', 'secret_key']),
  words('secret', 'project x'),
  pattern('[A-Z]{2}-\\d{1,6}', 16),
]

test('a stream is screened as the whole would be, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      fc.subarray(ALL, { minLength: 1 }),
      (pieces, cuts, rails) => {
        const text = pieces.join('')
        const guards = ready(...rails)
        const whole = new Screen(guards)
        const screen = new Screen(guards)
        const stream = new StreamScreen(guards, screen)
        let given = ''
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const length = cuts[turn % cuts.length] ?? 1
          given += stream.push(text.slice(at, at + length))
          at += length
        }
        expect(given + stream.end()).toBe(whole.screen(text))
        expect(new Map(screen.findings().map(({ found, count }) => [found, count]))).toEqual(
          new Map(whole.findings().map(({ found, count }) => [found, count])),
        )
      },
    ),
  )
})

test('a stream keeps back no more than what may be the beginning of something', () => {
  const stream = (...rails: readonly Guardrail[]) => {
    const guards = ready(...rails)
    return new StreamScreen(guards, new Screen(guards))
  }
  expect(stream(pii(['email'])).push('Hello there, write to me')).toBe('Hello there, write to ')
  expect(stream(pii(['phone'])).push('Hello there, I am 12')).toBe('Hello there, I am ')
  expect(stream(pii(['credit_card', 'iban'])).push('Hello there')).toBe('Hello there')
})
