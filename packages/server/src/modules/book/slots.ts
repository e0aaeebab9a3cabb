/** Sets of slots as PostgreSQL multiranges, and back. Pure. */
import { assert } from '#kernel/assert.ts'

/** Renders slot indexes as an `int4multirange` literal: [0,1,3] → `{[0,2),[3,4)}`. */
export function renderSlots(slots: readonly number[]): string {
  const sorted = [...new Set(slots)].sort((a, b) => a - b)
  const ranges: { from: number; to: number }[] = []
  for (const slot of sorted) {
    assert(Number.isInteger(slot) && slot >= 0, `not a slot index: ${slot}`)
    const last = ranges.at(-1)
    if (last && last.to === slot) last.to = slot + 1
    else ranges.push({ from: slot, to: slot + 1 })
  }
  return `{${ranges.map(({ from, to }) => `[${from},${to})`).join(',')}}`
}

/** Reads a canonical `int4multirange`: `{[0,2),[3,4)}` → [0,1,3]. */
export function parseSlots(text: string): number[] {
  const slots: number[] = []
  for (const [, from, to] of text.matchAll(/\[(\d+),(\d+)\)/g))
    for (let slot = Number(from); slot < Number(to); slot++) slots.push(slot)
  return slots
}
