/** What a window achieved, beside the most that any selection could have. Pure. */
import type { Bid, Sale } from './sale.ts'

interface Prices {
  readonly price: bigint
  /** Before it was kept from rising too far. */
  readonly priceAsked: bigint
}

/** As if gangs could be cut at will. */
function boundOf({ bids, gpusMax, reserve }: Sale): bigint {
  let left = gpusMax
  return bids.reduce((sum, { limit, gpus }) => {
    const taken = Math.min(left, gpus)
    left -= taken
    return sum + (limit - reserve) * BigInt(taken)
  }, 0n)
}

function sumGpus(bids: readonly Bid[]): number {
  return bids.reduce((sum, { gpus }) => sum + gpus, 0)
}

export function figuresOf(sale: Sale, { price, priceAsked }: Prices) {
  const { bids, rooms, refused, reserve, swaps } = sale
  const accepted = bids.filter((bid) => rooms.has(bid))
  const passed = bids.filter((bid) => refused.get(bid) === 'no_room')
  const lowest = accepted.at(-1)?.limit
  const above = passed.filter(({ limit }) => lowest !== undefined && limit > lowest)
  const surplusUsd = accepted.reduce(
    (sum, { limit, gpus }) => sum + (limit - reserve) * BigInt(gpus),
    0n,
  )
  const surplusBoundUsd = boundOf(sale)
  return {
    ...{ gpusSold: sumGpus(accepted), surplusUsd, surplusBoundUsd, swaps },
    surplusLostUsd: surplusBoundUsd - surplusUsd,
    paradoxicallyRejected: above.length,
    paradoxicallyRejectedGpus: sumGpus(above),
    rationed: passed.filter(({ limit }) => limit > price && limit <= priceAsked).length,
  }
}
