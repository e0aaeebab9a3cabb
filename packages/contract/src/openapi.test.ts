/** The rendered description is complete and closed in itself. */
import { describe, expect, test } from 'vitest'
import { API } from './api.ts'
import { renderOpenApi } from './openapi.ts'

interface Operation {
  readonly operationId: string
  readonly requestBody?: object
  readonly parameters?: readonly { readonly in?: string; readonly name?: string; $ref?: string }[]
  readonly responses: Readonly<Record<string, object>>
}

const document = renderOpenApi()
const paths = document['paths'] as Record<string, Record<string, Operation>>
const operations = new Map(
  Object.values(paths)
    .flatMap((path) => Object.values(path))
    .map((operation) => [operation.operationId, operation] as const),
)

function find(pointer: string): unknown {
  const keys = pointer.replace('#/', '').split('/')
  return keys.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | undefined)?.[key],
    document,
  )
}

describe('renderOpenApi', () => {
  test('describes every endpoint, once', () => {
    expect([...operations.keys()].toSorted()).toEqual(
      Object.values(API)
        .map(({ id }) => id)
        .toSorted(),
    )
  })

  test('refers only to components that it holds', () => {
    const pointers = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, p]) => p)
    expect(pointers.length).toBeGreaterThan(50)
    expect(pointers.filter((pointer) => find(pointer ?? '') === undefined)).toEqual([])
  })

  test('gives every path parameter of an address', () => {
    for (const [path, methods] of Object.entries(paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const { parameters = [] } of Object.values(methods)) {
        const given = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
        expect(given).toEqual(names)
      }
    }
  })

  test('a mutation takes an Idempotency-Key and its body, a read takes neither', () => {
    const create = operations.get('lease.create')
    const get = operations.get('lease.get')
    expect(create?.parameters).toContainEqual({ $ref: '#/components/parameters/IdempotencyKey' })
    expect(create?.requestBody).toBeDefined()
    expect(get?.requestBody).toBeUndefined()
    expect(JSON.stringify(get?.parameters)).not.toContain('IdempotencyKey')
  })

  test('names the errors of an endpoint by status', () => {
    const statuses = Object.keys(operations.get('lease.create')?.responses ?? {})
    expect(statuses).toEqual(['201', '400', '401', '402', '403', '404', '409', '413', '500', '503'])
  })

  test('replies stay open to later fields, requests do not', () => {
    const schemas = (document['components'] as { schemas: Record<string, object> }).schemas
    expect(schemas['Lease']).not.toHaveProperty('additionalProperties')
    expect(schemas['CreateLease']).toHaveProperty('additionalProperties', false)
  })
})
