import { expect, test } from 'vitest'
import { readArrival } from './arrival.ts'
import { safeNext } from './safe-next.ts'

test.each([
  ['http://a.test/#code=abc', 'abc', '/'],
  ['http://a.test/?code=abc&range=6h', 'abc', '/?range=6h'],
  ['http://a.test/leases?state=running#code=x%2By', 'x+y', '/leases?state=running'],
  ['http://a.test/leases?state=running#part', null, '/leases?state=running#part'],
  ['http://a.test/#code=', null, '/#code='],
])('%s carries the code %s and continues at %s', (href, code, address) => {
  expect(readArrival(new URL(href))).toEqual({ code, address })
})

test('only an address inside this console is continued to after signing in', () => {
  expect(
    [
      '/leases?state=running',
      '//evil.test',
      'https://evil.test',
      '/\\evil.test',
      undefined,
      '/sign-in',
    ].map(safeNext),
  ).toEqual(['/leases?state=running', '/', '/', '/', '/', '/'])
})
