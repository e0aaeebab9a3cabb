import { API, CreateLease } from '@spillway/contract'
import { expect, test } from 'vitest'
import { FormRefusal, formField, requestResolver } from './form-resolver.ts'

interface Values {
  text: string
}

async function errorsOf(schema: Parameters<typeof requestResolver>[0]['schema'], request: unknown) {
  const resolve = requestResolver<Values, unknown>({ toRequest: () => request, schema })
  const { errors } = await resolve({ text: '' }, undefined, {
    fields: {},
    shouldUseNativeValidation: false,
  })
  return Object.fromEntries(Object.entries(errors).map(([field, error]) => [field, error?.message]))
}

test('the contract speaks in its own words where it has some', async () => {
  expect(await errorsOf(CreateLease, { command: [] })).toEqual({
    command: 'Name the command to run, after --.',
  })
  expect(await errorsOf(API.grantCredit.body, { amountUsd: '-1' })).toEqual({
    amountUsd: 'Use a plain decimal in quotes, such as "2.50", not negative.',
  })
})

test.each([
  [API.createApiKey.body, { name: '' }, { name: 'This is needed.' }],
  [API.createApiKey.body, { name: 'x'.repeat(121) }, { name: 'At most 120 characters.' }],
  [CreateLease, { command: ['true'], gpus: 0 }, { gpus: 'At least 1.' }],
  [CreateLease, { command: ['true'], gpus: 1.5 }, { gpus: 'Write a whole number.' }],
])('a check without words is put into words for people', async (schema, request, want) => {
  expect(await errorsOf(schema, request)).toEqual(want)
})

test('all wrong fields are told at once', async () => {
  const request = { model: '', upstreamUrl: 'nowhere', upstreamModel: '', contextTokens: 1 }
  expect(Object.keys(await errorsOf(API.createDeployment.body, request))).toEqual([
    'model',
    'upstreamUrl',
    'upstreamModel',
    'contextTokens',
  ])
})

test('what no request can carry is told at its field', async () => {
  const resolve = requestResolver<Values, unknown>({
    toRequest: () => {
      throw new FormRefusal('text', 'Not like this.')
    },
    schema: CreateLease,
  })
  const { errors } = await resolve({ text: '' }, undefined, {
    fields: {},
    shouldUseNativeValidation: false,
  })
  expect(errors.text?.message).toBe('Not like this.')
})

test('a field of the request finds the field of the form', () => {
  expect(formField('environment.A', { environment: 'variables' })).toBe('variables')
  expect(formField('command.0')).toBe('command')
})
