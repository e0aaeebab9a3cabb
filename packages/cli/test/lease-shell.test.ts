/** `spillway lease shell` through the binary: what it asks for, and what it refuses before it asks. */
import { describe, expect, test } from 'vitest'
import { lease, LEASE_ID } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run } = createWorkplace()

describe('lease shell', () => {
  test('makes an interactive lease, and with --detach no more than that', async () => {
    const answers = { createLease: () => lease({ state: 'pending', mode: 'interactive' }) }
    const words = ['lease', 'shell', '--gpus', '2', '--idle-limit', '8h', '--detach', '--json']
    const { code, stdout } = await run([...words, '--', 'python3', '-i'], { answers })
    expect(installation().requests.map(({ line }) => line)).toEqual(['POST /api/v1/leases'])
    expect(installation().requests[0]?.body).toMatchObject({
      command: ['python3', '-i'],
      mode: 'interactive',
      name: 'python3',
      idleLimitMs: 28_800_000,
      gpus: 2,
    })
    expect(JSON.parse(stdout)).toMatchObject({ id: LEASE_ID })
    expect(code).toBe(0)
  })

  test.each([
    ['a document of a terminal', ['--json'], 'A terminal is no document'],
    ['a command for a lease that has one', [LEASE_ID, '--', 'ls'], 'is attached to as it is'],
    ['two leases', [LEASE_ID, LEASE_ID], 'is attached to as it is'],
  ])('refuses %s, and asks for nothing', async (_, words, text) => {
    const { code, stderr } = await run(['lease', 'shell', ...words])
    expect(stderr).toContain(text)
    expect(installation().requests).toEqual([])
    expect(code).toBe(2)
  })
})
