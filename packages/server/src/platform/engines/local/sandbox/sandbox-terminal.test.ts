/** A terminal in a sandbox is inside it; all else that it does is in the suite of all engines. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { admissionOf } from '#platform/engines/testing/bench.ts'
import { attach, type } from '#platform/engines/testing/terminal-line.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { makeLocalBench } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'

const hasBubblewrap = await hasSandboxes()

describe.each([
  ['in a sandbox has the home of its lease', 'customer', '/home/lease'],
  ['of the owner has his home', 'owner', process.env['HOME'] ?? ''],
] as const)('a terminal %s', (_, tenant, home) => {
  describe.runIf(tenant === 'owner' || requirement('bubblewrap', hasBubblewrap))('', () => {
    let bench: LocalBench
    beforeEach(async () => {
      bench = await makeLocalBench(tenant)
    })
    afterEach(() => bench.dispose())

    test('and is reached there', async () => {
      const service = { port: 0, basePath: '/', terminal: { idleLimitMs: null } }
      await bench.engine.admit(admissionOf(bench, { command: ['sh'], service }))
      const address = await until('it has an address', () => bench.engine.address('att_1'))
      expect(address.kind).toBe(tenant === 'owner' ? 'tcp' : 'socket')
      const attached = present(await attach(address, address.token), 'a terminal')
      type(attached, 'echo "home $HOME;"')
      await until('it has answered', () => attached.text().includes(`home ${home};`))
    })
  })
})
