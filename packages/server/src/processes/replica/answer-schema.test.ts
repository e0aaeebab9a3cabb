import { describe, expect, test } from 'vitest'
import { holdAnswerSchema } from './answer-schema.ts'

describe('a schema for answers', () => {
  test('keeps what a grammar can hold, and leaves out what only describes', () => {
    expect(
      holdAnswerSchema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: {
          name: { type: ['string', 'null'], description: 'who' },
          size: { enum: ['small', 'large'] },
          count: { type: 'integer', minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 },
          parts: { type: 'array', items: { $ref: '#/$defs/part' }, maxItems: 3 },
          any: { anyOf: [{ type: 'string', format: 'date' }, { const: 7 }] },
        },
        required: ['name'],
        additionalProperties: false,
        $defs: { part: { type: 'string', maxLength: 4 } },
      }),
    ).toEqual({
      type: 'object',
      properties: {
        name: { type: ['string', 'null'] },
        size: { enum: ['small', 'large'] },
        count: { type: 'integer' },
        parts: { type: 'array', items: { $ref: '#/$defs/part' }, maxItems: 3 },
        any: { oneOf: [{ type: 'string', format: 'date' }, { const: 7 }] },
      },
      additionalProperties: false,
      $defs: { part: { type: 'string', maxLength: 4 } },
    })
  })

  const deep = (levels: number): object =>
    levels === 0 ? { type: 'string' } : { type: 'array', items: deep(levels - 1) }

  test.each([
    { schema: { type: 'string', pattern: '^a$' }, want: /'pattern'/ },
    {
      schema: { type: 'object', properties: { a: { type: 'number', minimum: 1 } } },
      want: /minimum.*#\/properties\/a/,
    },
    { schema: { type: 'array', minItems: 1_000_000 }, want: /above 256/ },
    { schema: { type: ['object', 'null'] }, want: /the type/ },
    { schema: { type: 'string', format: 'email' }, want: /'format'/ },
    { schema: { $ref: '#/$defs/none' }, want: /'\$ref'/ },
    { schema: {}, want: /without a type/ },
    { schema: { type: 'object', properties: { a: true } }, want: /anything but an object/ },
    { schema: { oneOf: 7 }, want: /this/ },
    { schema: { enum: [{ a: 1 }] }, want: /values with parts/ },
    { schema: { enum: [] }, want: /or none/ },
    { schema: { const: 'x'.repeat(40_000) }, want: /characters/ },
    { schema: deep(40), want: /levels/ },
  ])('is refused for what a grammar cannot hold: $want', ({ schema, want }) => {
    expect(() => holdAnswerSchema(schema)).toThrow(want)
  })
})
