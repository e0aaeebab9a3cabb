/** The authors' own results, one row a run, where they lie beside the pod list; for other lists there are none. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FILES = {
  allocated: 'expected_analysis_allo_discrete.csv',
  fragmented: 'expected_analysis_frag_discrete.csv',
} as const

/** Their names for the policies. */
const POLICIES: Readonly<Record<string, string>> = {
  '01-Random': 'Random',
  '02-DotProd': 'DotProd',
  '03-GpuClustering': 'GpuClustering',
  '04-GpuPacking': 'GpuPacking',
  '05-BestFit': 'BestFit',
  '06-FGD': 'FGD',
}

/** What they had at a whole percent of GPUs asked for, one value a seed. */
export type Published = (policy: string, point: number) => readonly number[]

/** The results for one workload, named as its pod list. */
export function readPublished(
  folder: string,
  workload: string,
  what: keyof typeof FILES,
): Published {
  const path = join(folder, FILES[what])
  if (!existsSync(path)) return () => []
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split('\n')
  const names = header.split(',')
  const [name, policy] = [names.indexOf('workload'), names.indexOf('sc_policy')]
  const rows = lines.map((line) => line.split(',')).filter((cells) => cells[name] === workload)
  return (wanted, point) => {
    const column = names.indexOf(`${point}`)
    const own = rows.filter((cells) => POLICIES[cells[policy] ?? ''] === wanted)
    return own.map((cells) => Number(cells[column])).filter((value) => Number.isFinite(value))
  }
}
