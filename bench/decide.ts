/**
 * One pure decision of the live controller: from a snapshot of the book to who is placed, who gives way and who waits,
 * for pools of 1,000 to 100,000 nodes, four fifths full, with a forecast to keep room by. No database.
 */
import { loadavg } from 'node:os'
import { decide, decideByRoom, type Want } from '../packages/server/src/modules/market/index.ts'
import { type Book, bookOf, Chance, gangOf, wantsOf } from './decide/fleet.ts'
import { type BenchOptions, type BenchResult, type Figure } from './run/result.ts'

interface Case {
  readonly name: string
  readonly keeps: boolean
  readonly wantsOf: (chance: Chance, nodes: number) => readonly Want[]
  readonly decide: (snapshot: Book & { readonly wants: readonly Want[] }) => unknown
}

const CASES: readonly Case[] = [
  {
    ...{ name: 'one want, nothing kept', keeps: false, decide: decideByRoom },
    wantsOf: (chance) => wantsOf(1, chance),
  },
  {
    ...{ name: 'one want, room kept by a forecast', keeps: true, decide },
    wantsOf: (chance) => wantsOf(1, chance),
  },
  {
    ...{ name: '32 wants, room kept by a forecast', keeps: true, decide },
    wantsOf: (chance) => wantsOf(32, chance),
  },
  {
    ...{ name: "the owner's gang on 2 % of the nodes, others go for it", keeps: true, decide },
    wantsOf: (_, nodes) => [gangOf(Math.round(nodes / 50))],
  },
]

const TARGET_NODES = 10_000
const TARGET_MS = 50

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
}

function measure({ name, ...each }: Case, nodes: number, decisions: number): Figure[] {
  const chance = new Chance(nodes)
  const books = [1, 2, 3].map((seed) => bookOf(nodes, seed, each.keeps))
  const took = Array.from({ length: decisions }, (_, at) => {
    const wants = each.wantsOf(chance, nodes)
    const snapshot = { ...(books[at % books.length] ?? bookOf(nodes, 1, each.keeps)), wants }
    const [startedMs, cpu] = [performance.now(), process.threadCpuUsage()]
    each.decide(snapshot)
    const { user, system } = process.threadCpuUsage(cpu)
    return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 }
  })
  const where = `${nodes.toLocaleString('en-US')} nodes, ${name}`
  const target = { kind: 'at_most', value: TARGET_MS } as const
  const ms = took.map((each) => each.ms)
  return [
    { name: `${where}: p50`, value: quantile(ms, 0.5), unit: 'ms' },
    {
      ...{ name: `${where}: p99`, value: quantile(ms, 0.99), unit: 'ms' },
      ...(nodes === TARGET_NODES ? { target } : {}),
    },
    {
      ...{ name: `${where}: p99 of its time on a core`, unit: 'ms' },
      value: quantile(
        took.map(({ cpuMs }) => cpuMs),
        0.99,
      ),
    },
  ]
}

export default function benchmarkDecide({ quick }: BenchOptions): Promise<BenchResult> {
  const load = loadavg()[0] ?? 0
  const sizes = quick ? [1_000, TARGET_NODES] : [1_000, TARGET_NODES, 100_000]
  const figures = sizes.flatMap((nodes) => {
    const decisions = nodes > TARGET_NODES ? 30 : quick ? 60 : 300
    return CASES.flatMap((each) => measure(each, nodes, decisions))
  })
  return Promise.resolve({
    title: 'One decision of the live controller, on a snapshot',
    figures,
    notes: [
      'One pool of nodes of 8 slots in fabrics of 32; four fifths of the slots are held, of those two fifths by the owner, the rest on demand, serving, spot and flex; one lease in a hundred on its way out; gangs of up to 16 nodes. Wants: 40 % for one GPU, 30 % for a whole node, a third of those gangs of 2 to 16 nodes.',
      'The snapshot is in memory; reading it from the database and committing what is decided are not in it. The first decisions, before the code is compiled, count as all others.',
      `Time on a core is that of the deciding thread alone, without the waits for other programs. The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
    ],
  })
}
