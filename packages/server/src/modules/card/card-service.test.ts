/** Cards: prices by class and tier from the price book, figures from histograms, documentation that makes nothing up. */
import { type ModelCard, renderDocumentation } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { assembleCard, type CardParts, pricesOf } from './card-service.ts'
import { documentationOf } from './documentation-service.ts'
import { addUp, figuresOf } from './measure.ts'

const now = new Date('2026-11-27T12:00:00.000Z')
const price = (usd: string) => ({ amount: money(usd), per: 1_000_000n, unit: 'token' as const })

describe('prices', () => {
  test('are those of the model, by class and tier, the standard ones first', () => {
    const book = [
      { sku: 'tokens.m.output@flex', price: price('1') },
      { sku: 'tokens.m.output', price: price('2') },
      { sku: 'tokens.m.input', price: price('1') },
      { sku: 'tokens.m.cached_input', price: price('0.5') },
      { sku: 'tokens.m.output@batch', price: price('0.9') },
      { sku: 'tokens.m.7.input', price: price('7') },
      { sku: 'tokens.m.strange.thing', price: price('8') },
    ]
    const said = pricesOf('m', { book, models: ['m', 'm.7'] })
    expect(said.map((each) => [each.tier, each.tokenClass, each.price.amountUsd])).toEqual([
      ['standard', 'input', '1'],
      ['standard', 'output', '2'],
      ['standard', 'cached_input', '0.5'],
      ['batch', 'output', '0.9'],
      ['flex', 'output', '1'],
    ])
    expect(pricesOf('m.7', { book, models: ['m', 'm.7'] })).toHaveLength(1)
  })
})

describe('figures', () => {
  const bounds = [1, 2, 4]

  test('add up over hours and gateways, and lie within the class that they are of', () => {
    const hour = {
      ...{ firstOutputCounts: [1, 1, 0, 0], answerCounts: [0, 5, 4, 1] },
      ...{ answerS: 20, outputTokens: 100 },
    }
    const { firstOutput, answer, outputTokensPerSecond } = figuresOf(addUp([hour, hour]), bounds)
    expect(firstOutput).toEqual({ p50Ms: 1000, p95Ms: 1900, samples: 4 })
    expect(answer).toEqual({ p50Ms: 2000, p95Ms: 4000, samples: 20 })
    expect(outputTokensPerSecond).toBe(5)
  })

  test('are nothing where nothing was seen', () => {
    expect(figuresOf(addUp([]), bounds)).toEqual({
      ...{ firstOutput: null, answer: null, outputTokensPerSecond: null },
    })
  })
})

const parts = (more: Partial<CardParts> = {}): CardParts => ({
  model: {
    ...{ model: 'm', displayName: 'M', description: '', publisher: 'unknown' },
    ...{ licence: 'MIT', contextTokens: 8192, isToy: false, isEmbedding: false },
  },
  declared: { version: 0, setAt: null, document: { documentation: {} } },
  ...{ servers: [], prices: [], measured: null, retirement: null, aliases: [], isAllowed: true },
  ...more,
})

const fieldsOf = (card: ModelCard) =>
  new Map(
    documentationOf(card, now)
      .sections.flatMap(({ fields }) => fields)
      .map((each) => [each.name, each]),
  )

describe('documentation', () => {
  test('says unknown of all that nobody said, and never more', () => {
    const fields = fieldsOf(assembleCard(parts()))
    expect(fields.get('provider')).toMatchObject({ basis: 'unknown', value: null, source: null })
    expect(fields.get('training_energy')).toMatchObject({ basis: 'unknown' })
    expect(fields.get('licence')).toMatchObject({ basis: 'declared', value: 'MIT' })
    const known = [...fields.values()].filter(({ basis }) => basis !== 'unknown')
    expect(known.map(({ name }) => name)).toEqual(['model', 'input_limit', 'licence'])
  })

  test('names who declared a thing, and puts what was measured here before it', () => {
    const said = { value: 'a million a second', source: 'a leaflet' }
    const documentation = { serving_throughput: said, parameters: { ...said, value: '8 billion' } }
    const measured = {
      ...{ from: now.toISOString(), to: now.toISOString(), outputTokensPerSecond: 42.5 },
      ...{ firstOutput: null, answer: { p50Ms: 10, p95Ms: 20, samples: 7 } },
    }
    const declared = { version: 3, setAt: now, document: { documentation } }
    const fields = fieldsOf(assembleCard(parts({ declared, measured })))
    expect(fields.get('parameters')).toMatchObject({
      ...{ basis: 'declared', value: '8 billion', source: 'a leaflet' },
    })
    const throughput = fields.get('serving_throughput')
    expect(throughput).toMatchObject({ basis: 'measured' })
    expect(throughput?.value).toContain('42.5')
    expect(throughput?.source).toContain('7 answers')
    expect(fields.get('serving_latency')).toMatchObject({ basis: 'unknown' })
  })

  test('is a page on which no declared text becomes markup', () => {
    const documentation = { design: { value: '<b>|x\n# y', source: '[a](b)' } }
    const declared = { version: 1, setAt: now, document: { documentation } }
    const page = renderDocumentation(documentationOf(assembleCard(parts({ declared })), now))
    expect(page).toContain('| \\<b\\>\\|x \\# y | declared: \\[a\\](b) |')
  })
})
