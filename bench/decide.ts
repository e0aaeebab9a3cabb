/**
 * One pure decision of the live controller: from a snapshot of the book to who is placed, who gives way and who waits,
 * for pools of 1,000 to 100,000 nodes, four fifths full, with a forecast to keep room by. No database.
 */
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

function measure({ name, ...each }: Case, nodes: number, decisions: number): Figure[] {
  const chance = new Chance(nodes)
  const books = [1, 2, 3].map((seed) => bookOf(nodes, seed, each.keeps))
  const took = Array.from({ length: decisions }, (_, at) => {
    const wants = each.wantsOf(chance, nodes)
    const snapshot = { ...(books[at % books.length] ?? bookOf(nodes, 1, each.keeps)), wants }
    const startedMs = performance.now()
    each.decide(snapshot)
    return performance.now() - startedMs
  }).toSorted((a, b) => a - b)
  const at = (part: number) => took[Math.min(took.length - 1, Math.floor(part * took.length))] ?? 0
  const where = `${nodes.toLocaleString('en-US')} nodes, ${name}`
  const target = { kind: 'at_most', value: TARGET_MS } as const
  return [
    { name: `${where}: p50`, value: at(0.5), unit: 'ms' },
    {
      ...{ name: `${where}: p99`, value: at(0.99), unit: 'ms' },
      ...(nodes === TARGET_NODES ? { target } : {}),
    },
  ]
}

export default function benchmarkDecide({ quick }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? [1_000, TARGET_NODES] : [1_000, TARGET_NODES, 100_000]
  return Promise.resolve({
    title: 'One decision of the live controller, on a snapshot',
    figures: sizes.flatMap((nodes) => {
      const decisions = nodes > TARGET_NODES ? 30 : quick ? 60 : 300
      return CASES.flatMap((each) => measure(each, nodes, decisions))
    }),
    notes: [
      'One pool of nodes of 8 slots in fabrics of 32; four fifths of the slots are held: two fifths by the owner, the rest on demand, serving, spot and flex; one lease in a hundred on its way out; gangs of up to 16 nodes. Wants: 40 % for one GPU, 30 % for a whole node, a third of those gangs of 2 to 16 nodes.',
      'The snapshot is in memory; reading it from the database and committing what is decided are not in it. The first decisions, before the code is compiled, count as all others.',
    ],
  })
}
