/** Runs short leases one after the other on every slot until so many have ended. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '../../packages/contract/src/index.ts'
import type { Start } from './program.ts'

const AT_ONCE = 20
/** Seldom, so that what is measured is the leases and not the looking. */
const LOOK_EVERY_MS = 500

async function runBatch(buyer: Client, count: number): Promise<void> {
  const create = () => buyer.createLease({ body: { command: ['true'], tier: 'spot' } })
  const leases = await Promise.all(Array.from({ length: count }, create))
  const ids = new Set(leases.map((lease) => lease.id))
  for (let isOver = false; !isOver;) {
    await pause(LOOK_EVERY_MS)
    const { items } = await buyer.listLeases({ query: { limit: AT_ONCE } })
    isOver = items.filter((each) => ids.has(each.id)).every((each) => each.state === 'ended')
  }
}

export async function endLeases(server: Start, count: number): Promise<void> {
  const buyer = createClient({ url: server.url, credential: server.demoApiKey })
  for (let done = 0; done < count; done += AT_ONCE)
    await runBatch(buyer, Math.min(AT_ONCE, count - done))
}
