import { describe, expect, test } from 'vitest'
import { classifyAddress } from './address.ts'
import { parseTarget, whyNotAddress } from './target.ts'

const STRANGER = { isPrivateAllowed: false }
const OPERATOR = { isPrivateAllowed: true }

/** Ways of writing an address that is not on the internet, as people have got past such checks. */
const DISGUISED = [
  'https://127.0.0.1/',
  'https://127.0.0.1./',
  'https://127.1/',
  'https://127.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.0.0.1/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://0177.0000.0000.0001/',
  'https://017700000001/',
  'https://00000000177.1/',
  'https://127.0.0.1:8443/',
  'https://127.127.127.127/',
  'https://１２７.0.0.1/',
  'https://127。0。0。1/',
  'https://①②⑦.0.0.1/',
  'https://%31%32%37.0.0.1/',
  'https://0/',
  'https://0.0.0.0/',
  'https://000.000.000.000/',
  'https://10.0.0.1/',
  'https://10.1/',
  'https://167772161/',
  'https://0xa000001/',
  'https://012.0.0.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.0.1/',
  'https://192.168.1/',
  'https://3232235521/',
  'https://0300.0250.0.1/',
  'https://100.64.0.1/',
  'https://100.100.100.200/latest/meta-data/',
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/',
  'https://0xa9fea9fe/',
  'https://0251.0376.0251.0376/',
  'https://169.254.43518/',
  'https://192.0.0.192/',
  'https://198.18.0.1/',
  'https://203.0.113.7/',
  'https://224.0.0.1/',
  'https://239.255.255.250/',
  'https://255.255.255.255/',
  'https://[::]/',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[0:0:0:0:0:ffff:a9fe:a9fe]/',
  'https://[::ffff:8.8.8.8]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[64:ff9b:1::a00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:7f00:1::]/',
  'https://[2001:db8::1]/',
  'https://[fe80::1]/',
  'https://[fec0::1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[ff02::1]/',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://a.localhost/',
  'https://ⓛocalhost/',
  'https://metadata/',
  'https://metadata.google.internal/',
  'https://printer.local/',
  'https://router.home.arpa/',
] as const

/** Text that is refused whatever it leads to. */
const MALFORMED = [
  'example.com/hooks',
  '//example.com/hooks',
  'http://example.com/hooks',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'data:text/plain,hello',
  'javascript:alert(1)',
  'unix:/run/docker.sock',
  'https://',
  'https://user@example.com/',
  'https://user:secret@example.com/',
  'https://example.com@127.0.0.1/',
  'https://example.com:22/',
  'https://example.com:25/',
  'https://example.com:80/',
  'https://example.com:0/',
  'https://example.com:65536/',
  'https://[::1',
  'https://[fe80::1%25eth0]/',
  'https://exa mple.com/',
  'https://1.2.3.256/',
  'https://0x100000000/',
] as const

describe('what a stranger may not have called', () => {
  test.each(DISGUISED)('%s, which is not on the internet', (url) => {
    expect(parseTarget(url, STRANGER).kind).toBe('refused')
  })

  test.each(MALFORMED)('%s, whose text alone is enough to say no', (url) => {
    expect(parseTarget(url, STRANGER).kind).toBe('refused')
  })
})

test.each([
  'https://example.com/hooks',
  'https://example.com:8443/hooks?of=spillway',
  'https://hooks.example.co.uk/a/b/c',
  'https://8.8.8.8/',
  'https://[2606:4700:4700::1111]/',
  'https://bücher.example/',
])('%s may be called', (url) => {
  expect(parseTarget(url, STRANGER)).toMatchObject({ kind: 'allowed' })
})

test('whoever may reach private addresses may do so without TLS, and only there', () => {
  for (const url of ['http://127.0.0.1:4000/', 'http://10.1.2.3/', 'http://[::1]:4000/'])
    expect(parseTarget(url, OPERATOR).kind).toBe('allowed')
  expect(parseTarget('http://8.8.8.8/', OPERATOR).kind).toBe('refused')
  expect(whyNotAddress('8.8.8.8', 'http:', OPERATOR)).toMatch(/https only/)
})

test.each([
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  'fe80::1',
  '::ffff:127.0.0.1',
  '100.100.100.200',
])('nobody may have %s called', (address) => {
  expect(classifyAddress(address)).toBe('never')
  expect(whyNotAddress(address, 'https:', OPERATOR)).not.toBeNull()
})
