/** A sealed bid for GPUs over one window: all or nothing. Types, and what is wrong with one that is. Pure. */
import { counted } from '#kernel/counted.ts'
import { type Money, renderMoney } from '#kernel/money.ts'

export interface Bid {
  /** The order in which bids arrived; of equal prices the earlier one goes first. Unique. */
  readonly sequence: number
  /** Whose it is: only equality counts. */
  readonly buyer: string
  /** In all, over all nodes. */
  readonly gpus: number
  /** A gang: so many nodes, with the same number of GPUs on each. */
  readonly nodes: number
  /** `same`: all its nodes must be on one fabric. */
  readonly fabric: 'same' | 'any'
  /** The most it pays per GPU-hour. */
  readonly limit: Money
}

export interface BidFault {
  readonly field: 'sequence' | 'gpus' | 'nodes' | 'limit'
  readonly text: string
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1
}

/** What is wrong with a bid, field by field; nothing where it may take part. A limit below the reserve is no fault. */
export function findBidFaults(bid: Bid): readonly BidFault[] {
  const faults: BidFault[] = []
  if (!Number.isSafeInteger(bid.sequence) || bid.sequence < 0)
    faults.push({ field: 'sequence', text: `The place in the order is ${bid.sequence}.` })
  if (!isCount(bid.gpus))
    faults.push({ field: 'gpus', text: `A gang has a whole number of GPUs, not ${bid.gpus}.` })
  if (!isCount(bid.nodes))
    faults.push({ field: 'nodes', text: `A gang has a whole number of nodes, not ${bid.nodes}.` })
  else if (isCount(bid.gpus) && bid.gpus % bid.nodes !== 0)
    faults.push({
      field: 'nodes',
      text: `${counted(bid.gpus, 'GPU')} cannot be shared evenly by ${counted(bid.nodes, 'node')}.`,
    })
  if (bid.limit <= 0n)
    faults.push({ field: 'limit', text: `A limit is above zero, not ${renderMoney(bid.limit)}.` })
  return faults
}

/** Higher prices first; of equal ones, whoever came first. */
export function compareBids(a: Bid, b: Bid): number {
  if (a.limit !== b.limit) return a.limit > b.limit ? -1 : 1
  return a.sequence - b.sequence
}
