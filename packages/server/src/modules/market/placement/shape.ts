/**
 * What work asks of one node, and which asks are typical. A node's devices are counted in thousandths: a whole one is
 * 1000, work may ask for whole ones or for a share of a single one. Pure.
 */

/** A whole device. */
export const WHOLE = 1000

export interface Shape {
  readonly cpuMilli: number
  readonly memoryMib: number
  /** Zero for work without a GPU; one for a share. */
  readonly gpuCount: number
  /** Of each of them: 1000, or less for a share of one. */
  readonly gpuMilli: number
  /** The models that will do; null: any. */
  readonly models: ReadonlySet<string> | null
}

/** A shape with its part of all arrivals. */
export interface Typical {
  readonly shape: Shape
  readonly share: number
}

export function gpuMilliOf({ gpuCount, gpuMilli }: Shape): number {
  return gpuCount * gpuMilli
}

function modelsKey({ models }: Shape): string {
  return models === null ? '' : [...models].toSorted().join('|')
}

/** Two shapes with one key are the same to a node's CPU and devices; memory is left out. */
function deviceKey(shape: Shape): string {
  return `${shape.cpuMilli},${shape.gpuCount},${shape.gpuMilli},${modelsKey(shape)}`
}

/** Two shapes with one key are the same. */
export function shapeKey(shape: Shape): string {
  return `${shape.memoryMib},${deviceKey(shape)}`
}

/** More distinct shapes than this are not told apart: the rarest are left out. */
const TYPICAL_MAX = 512

/**
 * The shapes that make up so much of the arrivals, the most frequent first, with shares that sum to one. Shapes that
 * differ in memory alone are one.
 */
export function typicalOf(shapes: readonly Shape[], coverage: number): readonly Typical[] {
  const counts = new Map<string, { shape: Shape; count: number }>()
  for (const shape of shapes) {
    const key = deviceKey(shape)
    const known = counts.get(key)
    if (known) known.count++
    else counts.set(key, { shape, count: 1 })
  }
  const sorted = [...counts.values()].toSorted((a, b) => b.count - a.count).slice(0, TYPICAL_MAX)
  const kept: typeof sorted = []
  let covered = 0
  for (const each of sorted) {
    if (covered >= coverage * shapes.length) break
    kept.push(each)
    covered += each.count
  }
  return kept.map(({ shape, count }) => ({ shape, share: count / covered }))
}

/** The shares of cards that typical work asks for, whole ones too: size in thousandths, and how often. */
export function sharesOf(typical: readonly Typical[]): { size: number; count: number }[] {
  const counts = new Map<number, number>()
  for (const { shape, share } of typical)
    if (shape.gpuCount > 0)
      counts.set(shape.gpuMilli, (counts.get(shape.gpuMilli) ?? 0) + share * shape.gpuCount)
  return [...counts].map(([size, count]) => ({ size, count }))
}
