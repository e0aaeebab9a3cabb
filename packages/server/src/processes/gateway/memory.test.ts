/**
 * T8 in short: long streams, and streams that are left, cost no memory and no connection once they are over. The heap is
 * small, so that what is kept ends the process; `npm run bench -- gateway-soak` does it for an hour.
 */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { addModel } from '../../../test/gateway/installation.ts'
import { makeStand, untilTrue } from '../../../test/gateway/stand.ts'
import { runStreams, wearOf } from '../../../test/gateway/wear.ts'

const stand = await makeStand({ nodeOptions: ['--max-old-space-size=64'] })
const LONG = 'long'

const isLinux = process.platform === 'linux'
const socketsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length

test.skipIf(!isLinux)(
  'T8: rounds of streams of 10 000 chunks and of streams that are left leave memory and connections as they were',
  async () => {
    const { db } = stand.database
    await addModel(db, { name: LONG, urls: [stand.simulator.url], contextTokens: 20_000 })
    const pid = stand.gateway.child.pid ?? 0
    const run = { url: stand.gateway.url, key: stand.customer.key, model: LONG }
    await untilTrue(() => runStreams({ ...run, long: 1, left: 1 }).then(() => true))
    const rounds = []
    for (let round = 0; round < 6; round++) {
      await runStreams({ ...run, long: 3, left: 40 })
      rounds.push(wearOf(pid))
    }
    const [first, second, ...later] = rounds
    expect(stand.gateway.child.exitCode).toBeNull()
    // What is kept stays in every round after; what is only not yet collected is gone from one of them. A stream kept
    // whole would cost two MiB and more, and a round has 3 long ones and 40 that were left.
    const least = Math.min(...later.map(({ memoryMib }) => memoryMib))
    const grownMib = least - Math.max(first?.memoryMib ?? 0, second?.memoryMib ?? 0)
    expect(grownMib).toBeLessThan(16)
    await untilTrue(() => socketsOf(pid) <= (second?.files ?? 0) + 2)
  },
  180_000,
)
