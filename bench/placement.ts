/**
 * Placement on OpenB, by the protocol of "Beware of Fragmentation" (ATC'23): the six published policies, run here and
 * as published, beside Spillway's. Each workload, each seed, each policy; paired tests; the time of a decision.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readPublished } from './placement/published.ts'
import { measureSpeed } from './placement/speed.ts'
import { readNodes, readPods } from './placement/trace.ts'
import { compare, contest, runWorkload, type Workload } from './placement/workload.ts'
import type { BenchOptions, BenchResult, Comparison, Figure } from './run/result.ts'

export const flags = ['nodes', 'pods', 'seeds']

const PREFIX = 'openb_pod_list_'
const FIRST_SEED = 42
const SEEDS = 10
const SEEDS_QUICK = 1
const SEEDS_MAX = 1000

function folderOf(): string {
  return join(process.env['SPILLWAY_TRACES'] ?? 'data/traces', 'openb')
}

function nameOf(path: string): string {
  return basename(path, '.csv').replace(PREFIX, '')
}

function podFiles(given: string | undefined, quick: boolean): readonly string[] {
  if (given !== undefined) return given.split(',').map((path) => path.trim())
  const folder = folderOf()
  if (!existsSync(folder))
    throw new Error(
      `${folder} is not there. Set SPILLWAY_TRACES to a folder that holds openb/, or name files by --nodes and --pods. The lists are public: github.com/alibaba/clusterdata (cluster-trace-gpu-v2023) and github.com/hkust-adsl/kubernetes-scheduler-simulator.`,
    )
  const names = readdirSync(folder)
    .filter((name) => name.startsWith(PREFIX))
    .toSorted()
  const wanted = quick ? names.filter((name) => /_(default|gpuspec33)\./.test(name)) : names
  return wanted.map((name) => join(folder, name))
}

function seedsOf(given: string | undefined, quick: boolean): readonly number[] {
  const count = given === undefined ? (quick ? SEEDS_QUICK : SEEDS) : Number(given)
  if (!Number.isInteger(count) || count < 1 || count > SEEDS_MAX)
    throw new Error(`--seeds must be a whole number from 1 to ${SEEDS_MAX}, not '${given}'.`)
  return Array.from({ length: count }, (_, index) => FIRST_SEED + index)
}

/** All lists are read before anything runs: one that is malformed stops the whole. */
function readWorkloads({ quick, flags: given }: BenchOptions) {
  const nodes = readNodes(given['nodes'] ?? join(folderOf(), 'openb_node_list_gpu_node.csv'))
  const seeds = seedsOf(given['seeds'], quick)
  return podFiles(given['pods'], quick).map((path) => {
    const workload: Workload = { name: nameOf(path), nodes, pods: readPods(path, nodes), seeds }
    const publishedOf = (what: 'allocated' | 'fragmented') =>
      readPublished(dirname(path), basename(path, '.csv'), what)
    return {
      workload,
      published: { allocated: publishedOf('allocated'), fragmented: publishedOf('fragmented') },
    }
  })
}

/** How many workloads meet what; only where there is a published figure for each of them. */
function gates(contests: Comparison): Figure[] {
  const rows = Object.values(contests)
  const all = (measure: string) => rows.map((row) => row[measure] ?? Number.NaN)
  const margins = [...all('over_published_at_100'), ...all('over_published_at_130')]
  const figures: Figure[] = [100, 130].map((point) => ({
    name: `workloads where ours is significantly above the FGD run here, at ${point} %`,
    value: rows.filter(
      (row) => (row[`over_fgd_at_${point}`] ?? 0) > 0 && (row[`p_at_${point}`] ?? 1) < 0.05,
    ).length,
    unit: `of ${rows.length}`,
  }))
  if (margins.some(Number.isNaN)) return figures
  const share = (part: number) => Math.ceil((part / 17) * rows.length)
  const within = rows.filter((row) =>
    [100, 130].every((point) => Math.abs(row[`fgd_less_published_at_${point}`] ?? 99) <= 0.5),
  ).length
  const above = (point: number) =>
    all(`over_published_at_${point}`).filter((value) => value > 0).length
  const unit = `of ${rows.length}`
  const atLeast = (value: number) => ({ kind: 'at_least', value }) as const
  return [
    {
      name: 'workloads where FGD run here is within 0.5 points of the published',
      value: within,
      unit,
      target: atLeast(share(15)),
    },
    {
      name: 'workloads where ours is above the published FGD, at 100 %',
      value: above(100),
      unit,
      target: atLeast(share(13)),
    },
    {
      name: 'workloads where ours is above the published FGD, at 130 %',
      value: above(130),
      unit,
      target: atLeast(share(13)),
    },
    {
      name: 'least that ours is above the published FGD',
      value: Math.min(...margins),
      unit: 'points',
      target: atLeast(-0.3),
    },
    ...figures,
  ]
}

function speeds(workload: Workload | undefined, quick: boolean): Figure[] {
  if (!workload) return []
  const { nodes, pods } = workload
  const sizes = quick ? [1, 10] : [1, 10, 100]
  return sizes.flatMap((copies) => measureSpeed({ nodes, pods, copies, decisions: 4000 }))
}

/** The benchmark. */
export default async function placement(options: BenchOptions): Promise<BenchResult> {
  const read = readWorkloads(options)
  const comparisons: Record<string, Comparison> = {}
  const contests: Record<string, Record<string, number | null>> = {}
  for (const { workload, published } of read) {
    process.stderr.write(`${workload.name}\n`)
    const runs = await runWorkload(workload)
    comparisons[workload.name] = compare(runs, published)
    contests[workload.name] = contest(runs, published)
  }
  const first = read.find(({ workload }) => workload.name === 'default') ?? read[0]
  return {
    title: 'Placement on OpenB: allocated GPU % when 100 % and 130 % of all GPUs were asked for',
    comparisons: { ...comparisons, 'ours against FGD': contests },
    figures: [...gates(contests), ...speeds(first?.workload, options.quick)],
    notes: [
      `${read[0]?.workload.seeds.length ?? 0} seeds from ${FIRST_SEED} on; sd is over seeds. Published are the authors' own results, where they lie beside the pod list.`,
      "p is of Wilcoxon's signed-rank test, two-sided and exact, over the seeds: ours against the FGD run here on the same arrivals.",
      'Ours knows the distribution of pods, as FGD does, and the nodes as they are; not what comes. It refuses no pod that fits.',
    ],
  }
}
