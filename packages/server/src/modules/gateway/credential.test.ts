import { expect, test } from 'vitest'
import { hintOfWrong, readCredential } from './credential.ts'

const cookie = { cookie: 'a=b; spillway_session=s3cret; c=d', host: '127.0.0.1:4510' }

test('a bearer key is the key', () => {
  expect(readCredential({ authorization: 'Bearer sk-1' })).toEqual({ kind: 'key', text: 'sk-1' })
  expect(readCredential({ authorization: 'bearer sk-1' })).toEqual({ kind: 'key', text: 'sk-1' })
})

test('a key goes before a cookie', () => {
  expect(readCredential({ authorization: 'Bearer sk-1', ...cookie })).toMatchObject({ kind: 'key' })
})

test.each([
  {},
  { authorization: 'Basic abc' },
  { authorization: 'Bearer' },
  { cookie: 'other=1' },
  { cookie: 'spillway_session=' },
])('no credential is 401: %j', (headers) =>
  expect(readCredential(headers)).toMatchObject({ kind: 'refusal', status: 401 }),
)

test.each([
  { 'sec-fetch-site': 'same-origin' },
  { origin: 'http://127.0.0.1:4510' },
  { origin: 'https://127.0.0.1:4510' },
  {},
])('a cookie of the console\u2019s own page signs in: %j', (headers) => {
  expect(readCredential({ ...cookie, ...headers })).toEqual({ kind: 'session', text: 's3cret' })
})

test.each([
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'none' },
  { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:4510' },
  { origin: 'http://evil.example' },
  { origin: 'http://127.0.0.1:4511' },
  { origin: 'null' },
])('a cookie that another page sent is refused: %j', (headers) => {
  expect(readCredential({ ...cookie, ...headers })).toMatchObject({ kind: 'refusal', status: 403 })
})

test('what is shown of a wrong key is not the key', () => {
  expect(hintOfWrong({ kind: 'key', text: 'sk-spillway-0123456789abcdef' })).toBe('sk-spil***cdef')
  expect(hintOfWrong({ kind: 'key', text: 'hunter2' })).toBe('***')
  expect(hintOfWrong({ kind: 'session', text: '0123456789abcdef0123456789' })).toBe('***')
})
