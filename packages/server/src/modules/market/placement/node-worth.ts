/**
 * What the CPU and the devices that are left on one node are worth together. Prices hold for both in the proportion in
 * which work takes them; a node with devices left and hardly any CPU is worth less than its prices say, because only work
 * that needs little CPU can use it. The worth is the best that any mixture of typical work would pay. Pure.
 */

/** Work that may run on the kind of node: what it takes, and what it pays at most anywhere. */
export interface Payer {
  readonly gpus: number
  readonly cpu: number
  readonly pays: number
}

/** Prices of a unit of CPU and of a device. */
interface Corner {
  readonly cpu: number
  readonly gpu: number
}

/** What a device must cost, so that the work pays no more than it takes, falls with the price of CPU. */
interface Line {
  readonly slope: number
  readonly start: number
}

/** Whether the line between is nowhere above both others. */
function isBelow(between: Line, left: Line, right: Line): boolean {
  const rise = (right.start - left.start) * (between.slope - left.slope)
  return rise >= (between.start - left.start) * (right.slope - left.slope)
}

/** The lines that are the highest somewhere, the steepest first. */
function highest(lines: readonly Line[]): readonly Line[] {
  const hull: Line[] = []
  for (const line of lines.toSorted((a, b) => a.slope - b.slope || a.start - b.start)) {
    if (hull.at(-1)?.slope === line.slope) hull.pop()
    for (;;) {
      const [left, between] = [hull.at(-2), hull.at(-1)]
      if (!left || !between || !isBelow(between, left, line)) break
      hull.pop()
    }
    hull.push(line)
  }
  return hull
}

function corners(payers: readonly Payer[]): readonly Corner[] {
  const least = Math.max(
    0,
    ...payers.map(({ gpus, cpu, pays }) => (gpus === 0 && cpu > 0 ? pays / cpu : 0)),
  )
  const lines = payers.flatMap(({ gpus, cpu, pays }) =>
    gpus > 0 ? [{ slope: -cpu / gpus, start: pays / gpus }] : [],
  )
  const hull = highest([...lines, { slope: 0, start: 0 }])
  const meets = hull.slice(1).map((line, index) => {
    const before = hull[index] ?? line
    return (before.start - line.start) / (line.slope - before.slope)
  })
  return [least, ...meets.filter((cpu) => cpu > least)].map((cpu) => ({
    cpu,
    gpu: Math.max(...hull.map(({ slope, start }) => slope * cpu + start)),
  }))
}

/** A concave function of what is left: the least that it costs at prices at which no work pays more than it takes. */
export class NodeWorth {
  readonly #cpu: Float64Array
  readonly #gpu: Float64Array

  constructor(payers: readonly Payer[]) {
    const found = corners(payers)
    this.#cpu = Float64Array.from(found, ({ cpu }) => cpu)
    this.#gpu = Float64Array.from(found, ({ gpu }) => gpu)
  }

  of(gpus: number, cpu: number): number {
    let worth = Number.POSITIVE_INFINITY
    for (let at = 0; at < this.#cpu.length; at++)
      worth = Math.min(worth, (this.#cpu[at] ?? 0) * cpu + (this.#gpu[at] ?? 0) * gpus)
    return worth
  }
}
