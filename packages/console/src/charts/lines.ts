/** Lines over time with bands between some of them: what was, and between which values it is expected. Pure. */

export interface LineSeries {
  readonly id: string
  readonly label: string
  /** CSS variable of the stroke. */
  readonly colour: string
  readonly isDashed?: boolean
  /** One value an instant; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

/** The room between two lines, shaded: from the upper's id to the lower's. */
export interface Band {
  readonly upper: string
  readonly lower: string
  /** CSS variable of the fill, which is drawn lightly. */
  readonly colour: string
}

export interface LineShape {
  /** Ascending instants, in seconds since 1970. */
  readonly seconds: readonly number[]
  readonly lines: readonly LineSeries[]
  readonly bands?: readonly Band[]
}

/** Where in the instants one is nearest to a second; null when there are none. */
export function nearestIndex(seconds: readonly number[], second: number): number | null {
  if (seconds.length === 0) return null
  let low = 0
  let high = seconds.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((seconds[middle] ?? Infinity) <= second) low = middle
    else high = middle
  }
  const before = second - (seconds[low] ?? -Infinity)
  const after = (seconds[high] ?? Infinity) - second
  return after < before ? high : low
}

/** The bands by the places of their lines, counted as uPlot does: the instants come first. */
export function bandPlaces({ lines, bands = [] }: LineShape): [upper: number, lower: number][] {
  const placeOf = (id: string): number => lines.findIndex((line) => line.id === id) + 1
  return bands.map(({ upper, lower }) => [placeOf(upper), placeOf(lower)])
}

interface Room {
  readonly gap: number
  readonly from: number
  readonly to: number
}

/** Places near to the wanted ones, in their order, at least a gap apart, and inside as long as there is room. */
export function spreadOut(wanted: readonly number[], { gap, from, to }: Room): number[] {
  const order = wanted
    .map((_, index) => index)
    .toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0))
  const places: number[] = []
  let next = from
  for (const index of order) {
    const place = Math.max(wanted[index] ?? 0, next)
    places[index] = place
    next = place + gap
  }
  let last = to
  for (const index of order.toReversed()) {
    places[index] = Math.min(places[index] ?? 0, last)
    last = (places[index] ?? 0) - gap
  }
  return places
}
