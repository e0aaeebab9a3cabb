/**
 * The auction: how long it takes to clear a window, and how that grows with bids and nodes. Pure code on one core;
 * every clearing is computed again from its log before its time counts. Then how long a whole window takes to commit.
 */
import { picos } from '../packages/server/src/kernel/money.ts'
import {
  type Bid,
  type ClearingRule,
  clearWindow,
  type FreeNode,
  logOf,
  TightPlacer,
  verifyClearing,
  type Window,
} from '../packages/server/src/modules/market/index.ts'
import { liveFigures } from './clearing/live.ts'
import { type BenchOptions, type BenchResult, type Figure, figureOf } from './run/result.ts'

const DOLLAR = 1_000_000_000_000n
const SLOTS = 8

const RULE: ClearingRule = {
  floor: picos(DOLLAR / 5n),
  ceiling: picos(2n * DOLLAR),
  kneePpm: 500_000,
  movePpm: 200_000,
  depthMin: 3,
  mergesMax: 0,
  concentrationPpm: 400_000,
  swapsMax: 32,
}

/** A generator of its own, so that every run sees the same bids. */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Sizes as jobs have them: mostly one GPU or one node, now and then a gang over many. */
function shapeOf(random: () => number): Pick<Bid, 'gpus' | 'nodes' | 'fabric'> {
  const draw = random()
  if (draw < 0.5) return { gpus: 1, nodes: 1, fabric: 'any' }
  if (draw < 0.75) return { gpus: [2, 4][Math.floor(random() * 2)] ?? 2, nodes: 1, fabric: 'any' }
  if (draw < 0.92) return { gpus: SLOTS, nodes: 1, fabric: 'any' }
  const nodes = 2 ** (1 + Math.floor(random() * 4))
  return { gpus: nodes * SLOTS, nodes, fabric: random() < 0.5 ? 'same' : 'any' }
}

interface Case {
  readonly window: Window
  readonly nodes: readonly FreeNode[]
}

/** Nodes of which a part is taken, and bids for several times of what is free. */
function drawCase(bids: number, nodes: number, seed: number): Case {
  const random = chance(seed)
  const free = Array.from({ length: nodes }, (_, index): FreeNode => {
    const fabric = `f${Math.floor(index / 64)}`
    return { free: random() < 0.5 ? SLOTS : Math.floor(random() * (SLOTS + 1)), fabric }
  })
  const gpusMax = free.reduce((sum, node) => sum + node.free, 0)
  const drawn = Array.from({ length: bids }, (_, sequence): Bid => {
    const buyer = `b${Math.floor(random() * 500)}`
    const cents = 10 + Math.floor(random() ** 2 * 400)
    return { sequence, buyer, ...shapeOf(random), limit: picos((BigInt(cents) * DOLLAR) / 100n) }
  })
  const utilisationPpm = Math.floor(1_000_000 * (1 - gpusMax / (nodes * SLOTS)))
  const previous = picos(DOLLAR)
  return {
    nodes: free,
    window: { rule: RULE, utilisationPpm, previous, gpusMax, isQuoted: false, bids: drawn },
  }
}

interface Measured {
  readonly ms: number
  readonly soldShare: number
  readonly lostShare: number
  readonly differences: number
}

function measure({ window, nodes }: Case): Measured {
  const startedMs = performance.now()
  const clearing = clearWindow(window, new TightPlacer(nodes))
  const ms = performance.now() - startedMs
  const { gpusSold, surplusLostUsd, surplusBoundUsd } = clearing.figures
  return {
    ms,
    soldShare: gpusSold / window.gpusMax,
    lostShare: Number((surplusLostUsd * 1_000_000n) / surplusBoundUsd) / 1_000_000,
    differences: verifyClearing(logOf(window, nodes, clearing)).length,
  }
}

interface Size {
  readonly bids: number
  readonly nodes: number
}

const SIZES: readonly Size[] = [
  { bids: 10_000, nodes: 1_000 },
  { bids: 100_000, nodes: 10_000 },
  { bids: 100_000, nodes: 100_000 },
  { bids: 1_000_000, nodes: 10_000 },
  { bids: 1_000_000, nodes: 100_000 },
]

function figuresOf({ bids, nodes }: Size, rounds: number): Figure[] {
  const measured: Measured[] = []
  for (let round = 0; round < rounds; round++) measured.push(measure(drawCase(bids, nodes, round)))
  const name = `${bids.toLocaleString('en-US')} bids over ${nodes.toLocaleString('en-US')} nodes`
  const isTarget = bids === 100_000 && nodes === 10_000
  const times = measured.map(({ ms }) => ms)
  const percent = (share: number) => 100 * share
  return [
    figureOf(
      {
        name: `${name}: to clear`,
        unit: 'ms',
        ...(isTarget ? { target: { kind: 'at_most', value: 1_000 } as const } : {}),
      },
      times,
    ),
    figureOf(
      { name: `${name}: sold of what there was`, unit: '%' },
      measured.map(({ soldShare }) => percent(soldShare)),
    ),
    figureOf(
      { name: `${name}: surplus below the fractional bound`, unit: '%' },
      measured.map(({ lostShare }) => percent(lostShare)),
    ),
    {
      name: `${name}: differences when computed again`,
      value: measured.reduce((sum, { differences }) => sum + differences, 0),
      unit: '',
      target: { kind: 'at_most', value: 0 },
    },
  ]
}

export default async function benchmarkClearing({ quick }: BenchOptions): Promise<BenchResult> {
  const sizes = quick ? SIZES.slice(0, 2) : SIZES
  const rounds = quick ? 3 : 5
  const decided = sizes.flatMap((size) => figuresOf(size, rounds))
  return {
    title: 'Clearing: a sealed uniform-price auction of gangs over nodes',
    figures: [...decided, ...(await liveFigures(quick ? [10, 100] : [10, 100, 1000]))],
    notes: [
      'Nodes of 8 slots, half of them empty, in fabrics of 64; half of the bids for one GPU, a quarter for 2 or 4, a sixth for a node, the rest gangs of 2 to 16 nodes, half of those on one fabric; 500 buyers; limits between $0.10 and $4.10. Each round draws anew, from a seed.',
      'The time is that of the decision alone, on one core: sorting, asking for room, swaps, price, figures. Writing the log and computing it again is not in it.',
      'A window that is committed is the whole step of the strand on a real PostgreSQL: reading what is free, deciding, the log, and for each fill its lease, claims, holds, facts and events; orders of 1 to 8 GPUs of 20 buyers on a simulated fleet of 1,500 nodes.',
    ],
  }
}
