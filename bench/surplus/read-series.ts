/** Reads hourly demand by pool and the pools' capacities; what is wrong is named by file, row and field. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemandSeries } from '../../packages/server/src/modules/market/index.ts'
import { BadInput } from '../run/result.ts'

/** Of the published trace: docs/decisions/0014-surplus.md says where it comes from. */
const CAPACITIES: readonly (readonly [pool: string, capacity: number])[] = [
  ['A10', 2494],
  ['A100-SXM4-80GB', 3456],
  ['GPU-series-1', 1558],
  ['H800', 1752],
  ['GPU-series-2', 976],
  ['A800-SXM4-80GB', 176],
]

const ORIGIN =
  'The public original is hourly_concurrency_top_models.csv of sultanul-ovi/GPU-Cluster-Spot-Resource-Dataset-Analysis (MIT).'

export interface Sources {
  readonly series?: string | undefined
  readonly capacities?: string | undefined
}

function read(path: string, hint = ''): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BadInput(`${path} cannot be read: ${reason}. ${hint}`.trim())
  }
}

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells, index, all) => index < all.length - 1 || cells.some((cell) => cell !== ''))
}

/** A number that is finite and not negative. */
function parseAmount(cell: string | undefined, where: string): number {
  const value = cell === undefined || cell === '' ? Number.NaN : Number(cell)
  if (!Number.isFinite(value)) throw new BadInput(`${where}: '${cell ?? ''}' is no number`)
  if (value < 0) throw new BadInput(`${where}: ${cell} is negative`)
  return value
}

/** `pool,capacity`, a pool a row. */
export function parseCapacities(text: string, file: string): ReadonlyMap<string, number> {
  const [head, ...rows] = rowsOf(text)
  if (head?.join(',') !== 'pool,capacity')
    throw new BadInput(`${file}, row 1: the columns are 'pool,capacity', not '${head?.join(',')}'`)
  const capacities = new Map<string, number>()
  rows.forEach(([pool = '', capacity, ...rest], index) => {
    const where = `${file}, row ${index + 2}`
    if (pool === '') throw new BadInput(`${where}, field pool: it is empty`)
    if (capacities.has(pool)) throw new BadInput(`${where}, field pool: ${pool} is there twice`)
    if (rest.length > 0) throw new BadInput(`${where}: more than two columns`)
    const gpus = parseAmount(capacity, `${where}, field capacity`)
    if (gpus === 0) throw new BadInput(`${where}, field capacity: ${pool} has none`)
    capacities.set(pool, gpus)
  })
  return capacities
}

function parseHours(rows: readonly (readonly string[])[], file: string, columns: number): void {
  let before: number | null = null
  rows.forEach((cells, index) => {
    const where = `${file}, row ${index + 2}`
    if (cells.length !== columns)
      throw new BadInput(`${where}: ${cells.length} columns where the first row has ${columns}`)
    const hour = parseAmount(cells[0], `${where}, field hour`)
    if (!Number.isInteger(hour))
      throw new BadInput(`${where}, field hour: ${hour} is no whole hour`)
    if (before !== null && hour <= before)
      throw new BadInput(`${where}, field hour: ${hour} comes after ${before}, out of order`)
    if (before !== null && hour !== before + 1)
      throw new BadInput(`${where}, field hour: ${hour} follows ${before}, hours are missing`)
    before = hour
  })
}

const HOUR_MS = 3_600_000

/** `hour,POOL,…`: whole hours in order, and the GPUs asked for in each pool. */
export function parseSeries(
  text: string,
  file: string,
  capacities: ReadonlyMap<string, number>,
): readonly DemandSeries[] {
  const [head = [], ...rows] = rowsOf(text)
  const [first, ...pools] = head
  if (first !== 'hour' || pools.length === 0)
    throw new BadInput(
      `${file}, row 1: the columns are 'hour' and a pool each, not '${head.join(',')}'`,
    )
  parseHours(rows, file, head.length)
  const startMs = Number(rows[0]?.[0] ?? 0) * HOUR_MS
  return pools.map((name, pool) => {
    const capacity = capacities.get(name)
    if (name === '' || pools.indexOf(name) !== pool)
      throw new BadInput(`${file}, row 1, column ${pool + 2}: '${name}' names no pool of its own`)
    if (capacity === undefined)
      throw new BadInput(`${file}, row 1, field ${name}: its capacity is not known`)
    const demand = Float64Array.from(rows, (cells, index) =>
      parseAmount(cells[pool + 1], `${file}, row ${index + 2}, field ${name}`),
    )
    return { name, capacity, startMs, demand }
  })
}

/** The series to measure on, from the files given or those of the published trace. */
export function readSeries({ series, capacities }: Sources): readonly DemandSeries[] {
  const traces = process.env['SPILLWAY_TRACES'] ?? 'data/traces'
  const file = series ?? join(traces, 'gfs', 'hourly_demand_by_pool.csv')
  const known = capacities ? parseCapacities(read(capacities), capacities) : new Map(CAPACITIES)
  return parseSeries(read(file, series ? '' : ORIGIN), file, known)
}
