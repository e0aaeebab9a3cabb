/** The rules of a sandbox with a way out: what is refused, in which order, and whom it asks for names. */
import { expect, test } from 'vitest'
import { parseNameservers, renderOutboundRules } from './outbound-rules.ts'

const rulesOf = (policy: { allow?: string[]; deny?: string[] } = {}) =>
  renderOutboundRules({
    policy: { allow: [], deny: [], ...policy },
    nameservers: ['10.0.0.2'],
    ownAddresses: ['203.0.114.7'],
  })
    .split('\n')
    .map((line) => line.trim())

const refusal = (range: string) => `ip daddr ${range} reject with icmpx admin-prohibited`

test('what no rule lets pass is dropped, IPv6 with it', () => {
  expect(rulesOf()).toContain('type filter hook output priority 0; policy drop;')
  expect(rulesOf()).toContain('meta nfproto ipv6 drop')
})

test('private networks, link-local metadata and the machine’s own addresses are refused', () => {
  const ranges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']
  for (const range of [...ranges, '127.0.0.0/8', '169.254.0.0/16', '203.0.114.7'])
    expect(rulesOf()).toContain(refusal(range))
})

test('what the operator allows comes before what is private, and after what he denies', () => {
  const rules = rulesOf({ allow: ['10.1.0.0/16'], deny: ['10.1.2.0/24'] })
  const places = [
    refusal('169.254.0.0/16'),
    refusal('203.0.114.7'),
    refusal('10.1.2.0/24'),
    'ip daddr 10.1.0.0/16 accept',
    refusal('10.0.0.0/8'),
  ].map((rule) => rules.indexOf(rule))
  expect(places).toEqual([...places].sort((left, right) => left - right))
  expect(places).not.toContain(-1)
})

test('of a private name server only its port for names is open', () => {
  const accepted = rulesOf().filter((rule) => rule.startsWith('ip daddr 10.0.0.2'))
  expect(accepted).toEqual([
    'ip daddr 10.0.0.2 udp dport 53 accept',
    'ip daddr 10.0.0.2 tcp dport 53 accept',
  ])
})

test('name servers on loopback, and those that are no IPv4 address, cannot be asked from elsewhere', () => {
  const text =
    '# nameserver 1.1.1.1\nsearch a\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 10.0.0.2 \n'
  expect(parseNameservers(text)).toEqual(['10.0.0.2'])
})
