/**
 * An hour of long streams and of streams that are left, through one gateway: what it has of memory and of open files
 * each minute, and whether it gives back what it took. `--minutes 5` makes it shorter. Linux only.
 */
import { renderMoney } from '../packages/server/src/kernel/money.ts'
import { addModel } from '../packages/server/test/gateway/installation.ts'
import { getBalance } from '../packages/server/test/gateway/posting.ts'
import { startUpstreamSimulator } from '../packages/server/test/gateway/upstream-simulator.ts'
import { runStreams, type Wear, wearOf } from '../packages/server/test/gateway/wear.ts'
import { openStand } from './gateway/stand.ts'
import { BadInput, type BenchOptions, type BenchResult, median } from './run/result.ts'

export const flags = ['minutes'] as const

const MINUTE_MS = 60_000
const ROUND = { long: 2, left: 40 }

function readMinutes(text: string | undefined, quick: boolean): number {
  const minutes = Number(text ?? (quick ? 1 : 60))
  if (!(minutes > 0)) throw new BadInput('--minutes is a number above 0')
  return minutes
}

interface Worn {
  readonly minutes: number
  readonly rounds: number
  readonly idle: Wear
  readonly wears: readonly Wear[]
}

function report({ minutes, rounds, idle, wears }: Worn): Omit<BenchResult, 'notes'> {
  const tenth = Math.max(1, Math.floor(wears.length / 10))
  const memory = (part: readonly Wear[]) => median(part.map(({ memoryMib }) => memoryMib))
  const second = memory(wears.slice(tenth, 2 * tenth))
  const last = memory(wears.slice(-tenth))
  const files = (wears.at(-1)?.files ?? 0) - idle.files
  const atMost16 = { target: { kind: 'at_most', value: 16 } } as const
  return {
    title: `Streams of 10,000 chunks and streams that are left, for ${minutes} minutes`,
    figures: [
      { name: 'streams read to their end', unit: '', value: rounds * ROUND.long },
      { name: 'streams left', unit: '', value: rounds * ROUND.left },
      { name: 'memory before', unit: 'MiB', value: idle.memoryMib },
      { name: 'memory in the second tenth', unit: 'MiB', value: second },
      { name: 'memory in the last tenth', unit: 'MiB', value: last },
      { name: 'growth between them', unit: 'MiB', value: last - second, ...atMost16 },
      { name: 'open files more than before', unit: '', value: files, ...atMost16 },
    ],
  }
}

/** The benchmark. */
export default async function soak({ quick, flags: given }: BenchOptions): Promise<BenchResult> {
  const minutes = readMinutes(given['minutes'], quick)
  const stand = await openStand()
  const simulator = await startUpstreamSimulator()
  try {
    await addModel(stand.db, { name: 'long', urls: [simulator.url], contextTokens: 20_000 })
    const run = { url: stand.gateway.url, key: stand.customer.key, model: 'long' }
    const pid = stand.gateway.child.pid ?? 0
    const idle = wearOf(pid)
    const endMs = performance.now() + minutes * MINUTE_MS
    const wears: Wear[] = []
    let rounds = 0
    while (performance.now() < endMs) {
      await runStreams({ ...run, ...ROUND }).catch(async (error: unknown) => {
        // Only until the gateway has heard of the model.
        if (rounds > 0) throw error
      })
      rounds += 1
      wears.push(wearOf(pid))
    }
    const { held } = await getBalance(stand.db, stand.customer.organizationId)
    const note = `Streams one after the other; the balance held ${renderMoney(held)} USD at the end, which is the slab.`
    return { ...report({ minutes, rounds, idle, wears }), notes: [note] }
  } finally {
    await simulator.close()
    await stand.close()
  }
}
