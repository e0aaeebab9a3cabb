/** What a service is told of the way to it, whatever its caller says. */
import { expect, test } from 'vitest'
import { toService } from './forwarded-headers.ts'

/** A caller who claims to come by TLS and from elsewhere. */
const CLAIMS = {
  host: '127.0.0.1:4510',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-port': '443',
  forwarded: 'for=6.6.6.6;proto=https',
  'x-forwarded-for': '127.0.0.1',
}

function told(publicUrl: string | null) {
  const credential = 'bearer'
  return toService(CLAIMS, { credential, basePath: '/leases/x/', isUpgrade: false, publicUrl })
}

test('a service is told https and the public host where the operator says so, and by nobody else', () => {
  expect(told('https://spillway.example.com')).toMatchObject({
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'spillway.example.com',
    'x-forwarded-for': '127.0.0.1',
  })
  expect(told('http://spillway.example.com:8080')).toMatchObject({
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'spillway.example.com:8080',
  })
})

test('without the operator’s word it is plain HTTP at the address that was asked, whatever the caller claims', () => {
  const headers = told(null)
  expect(headers).toMatchObject({
    'x-forwarded-proto': 'http',
    'x-forwarded-host': '127.0.0.1:4510',
  })
  expect(headers).not.toHaveProperty('x-forwarded-port')
  expect(headers).not.toHaveProperty('forwarded')
})
