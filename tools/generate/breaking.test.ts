/** The list of breaks names what takes something away from callers, and nothing else. */
import { describe, expect, test } from 'vitest'
import { listBreaks } from './breaking.ts'

function document(
  lease: object,
  methods: readonly string[] = ['get', 'post'],
): Record<string, unknown> {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Lease' } } }
  const operation = (method: string) => ({
    responses: { 200: { content } },
    ...(method === 'post' ? { requestBody: { content } } : {}),
  })
  return {
    paths: { '/leases': Object.fromEntries(methods.map((each) => [each, operation(each)])) },
    components: { schemas: { Lease: { type: 'object', ...lease } } },
  }
}

const text = { type: 'string' }

describe('listBreaks', () => {
  test('finds nothing in an unchanged document', () => {
    const same = document({ properties: { id: text }, required: ['id'] })
    expect(listBreaks(same, same)).toEqual([])
  })

  test('an added optional field breaks nobody', () => {
    const before = document({ properties: { id: text } })
    const after = document({ properties: { id: text, name: text } })
    expect(listBreaks(before, after)).toEqual([])
  })

  test('a removed operation is a break', () => {
    expect(listBreaks(document({}), document({}, ['get']))).toEqual(['POST /leases: removed'])
  })

  test('a removed field is a break', () => {
    const before = document({ properties: { id: text, name: text } })
    expect(listBreaks(before, document({ properties: { id: text } }))).toContain(
      'GET /leases: reply.name removed',
    )
  })

  test('a newly required field is a break for requests only', () => {
    const before = document({ properties: { id: text } })
    const after = document({ properties: { id: text }, required: ['id'] })
    expect(listBreaks(before, after)).toEqual(['POST /leases: body.id is now required'])
  })

  test('a value that a request may no longer carry, or a reply newly may, is a break', () => {
    const before = document({ properties: { tier: { ...text, enum: ['spot', 'flex'] } } })
    const after = document({ properties: { tier: { ...text, enum: ['spot', 'reserved'] } } })
    expect(listBreaks(before, after)).toEqual([
      'GET /leases: reply.tier may now be reserved',
      'POST /leases: body.tier no longer takes flex',
      'POST /leases: reply.tier may now be reserved',
    ])
  })

  test('a changed type is a break', () => {
    const before = document({ properties: { id: text } })
    const after = document({ properties: { id: { type: 'integer' } } })
    expect(listBreaks(before, after)).toContain(
      'GET /leases: reply.id changed from string to integer',
    )
  })
})
