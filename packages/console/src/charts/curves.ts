/** Step curves of a market: so many GPUs at each price, laid end to end. Pure. */

/** So much is offered, or asked for, at one price. */
export interface Step {
  readonly price: number
  readonly quantity: number
}

export interface Corner {
  readonly quantity: number
  readonly price: number
}

/** The corners of a curve from quantity 0 on, in the order of the steps: a flat run for each, a rise or a fall between. */
export function cornersOf(steps: readonly Step[]): Corner[] {
  let quantity = 0
  return steps.flatMap((step) => {
    const from = quantity
    quantity += step.quantity
    return [
      { quantity: from, price: step.price },
      { quantity, price: step.price },
    ]
  })
}

/** Supply from the cheapest up; what is asked for from the dearest down. */
export function inMarketOrder(steps: readonly Step[], side: 'supply' | 'demand'): Step[] {
  const sign = side === 'supply' ? 1 : -1
  return steps.filter(({ quantity }) => quantity > 0).toSorted((a, b) => sign * (a.price - b.price))
}

/** A round top for a scale that must hold `highest`: 1, 2, 2.5 or 5 times a power of ten, and its ticks from 0 on. */
export function ticksTo(highest: number, count = 4): number[] {
  if (!(highest > 0)) return [0, 1]
  const rough = highest / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power
  const ticks = Math.ceil(highest / step - 1e-9)
  return Array.from({ length: ticks + 1 }, (_, index) => index * step)
}
