/** Counts of slots in the words of what a slot is. */
import { formatCount, plural } from './numbers.ts'

interface Accelerated {
  readonly accelerator: string
  /** `cpu` where CPU slots stand in for GPUs. */
  readonly acceleratorKind: 'gpu' | 'cpu'
}

/** One of what is leased: `H200`, or `CPU slot`. */
export function slotWord({ accelerator, acceleratorKind }: Accelerated): string {
  return acceleratorKind === 'cpu' ? 'CPU slot' : accelerator
}

/** `8 × H200`, or `4 CPU slots on 2 logical CPUs, AMD EPYC`. */
export function slotsOfKind(count: number, kind: Accelerated): string {
  if (kind.acceleratorKind === 'cpu') return `${plural(count, 'CPU slot')} on ${kind.accelerator}`
  return `${formatCount(count)} × ${kind.accelerator}`
}
