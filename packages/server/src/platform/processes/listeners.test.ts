import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { findListener, isSupported, parseListeners } from './listeners.ts'

test('listeners are read with where loopback reaches them; what only talks is none', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
    '   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 112 1',
    '   2: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 113 1',
    '   3: 00000000000000000000000000000000:1F92 0:0 0A 0:0 00:0 0 0 0 114 1',
    '   4: 0000000000000000FFFF00000100007F:1F93 0:0 0A 0:0 00:0 0 0 0 115 1',
    '   5: 000080FE00000000FF565002BD69B1FE:1F94 0:0 0A 0:0 00:0 0 0 0 116 1',
  ].join('\n')
  expect(parseListeners(text)).toEqual([
    { host: '127.0.0.1', port: 8080, inode: '111' },
    { host: '127.0.0.1', port: 80, inode: '112' },
    { host: '::1', port: 8082, inode: '114' },
    { host: '127.0.0.1', port: 8083, inode: '115' },
  ])
})

test.runIf(isSupported())(
  'a port is a process\u2019s own only while that process listens there',
  async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect(findListener([process.pid], port)).toBe('127.0.0.1')
    expect(findListener([1, 999_999_999], port)).toBeNull()
    await new Promise((resolve) => server.close(resolve))
    expect(findListener([process.pid], port)).toBeNull()
  },
)
