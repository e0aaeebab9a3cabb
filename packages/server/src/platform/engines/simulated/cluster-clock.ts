/**
 * The instants of a simulated cluster: near the wall clock when its journal began, they follow the monotonic counter of
 * the boot, so that nobody can set them. Over a restart of the machine they go on by what the wall says, never back.
 */
import type { Machine } from '#platform/clock/machine.ts'
import type { ClusterEvent } from './event.ts'

export type Booted = Extract<ClusterEvent, { type: 'booted' }>

/** What to write into the journal at the first look in a boot of the machine. */
export function bootEvent(machine: Machine, last: Booted | null, latestMs: number): Booted {
  const wallMs = Math.floor(machine.wallMs())
  const awayMs = last === null ? 0 : Math.max(0, wallMs - last.wallMs)
  const at = last === null ? wallMs : Math.max(latestMs, last.at + awayMs)
  const monotonicMs = Math.floor(machine.monotonicMs())
  return { at, type: 'booted', bootId: machine.bootId, monotonicMs, wallMs }
}

/** The cluster's instant now. */
export function clusterNowMs(machine: Machine, boot: Booted): number {
  return boot.at + Math.floor(machine.monotonicMs()) - boot.monotonicMs
}

/** A cluster's instant by the counter of the boot: negative for what was before it. */
export function toMonotonicMs(boot: Booted, atMs: number): number {
  return atMs - boot.at + boot.monotonicMs
}
