/** Slot-time and slots drawn with characters: one glyph and one colour a claim kind. Pure. */
import type { Colour, Paint } from './paint.ts'

interface Look {
  readonly label: string
  /** For bars, which must read without colours too. */
  readonly block: string
  /** For strips, where one character is one slot. */
  readonly letter: string
  readonly colour: Colour
}

const LOOKS: Readonly<Record<string, Look>> = {
  anchor: { label: 'anchor', block: '█', letter: 'A', colour: 'blue' },
  reserved: { label: 'reserved', block: '▉', letter: 'R', colour: 'cyan' },
  on_demand: { label: 'on demand', block: '▓', letter: 'O', colour: 'green' },
  spot: { label: 'spot', block: '▒', letter: 'S', colour: 'yellow' },
  flex: { label: 'flex', block: '░', letter: 'F', colour: 'magenta' },
  serving: { label: 'serving', block: '▞', letter: 'M', colour: 'brightCyan' },
  maintenance: { label: 'maintenance', block: '▤', letter: 'X', colour: 'red' },
  faulty: { label: 'faulty', block: '▩', letter: '!', colour: 'red' },
  draining: { label: 'draining', block: '▁', letter: 'd', colour: 'dim' },
  free: { label: 'free', block: '·', letter: '·', colour: 'dim' },
}

/** The order in which kinds are listed: firm to loose, then what cannot be sold, then free. */
export const KINDS = Object.keys(LOOKS)

/** A kind this version has not heard of is still shown. */
export function lookOf(kind: string): Look {
  return LOOKS[kind] ?? { label: kind, block: '?', letter: '?', colour: 'dim' }
}

/**
 * Cells of each part, summing exactly to `cells`: largest remainders, and what exists is never drawn as nothing while
 * there is room.
 */
export function apportion(weights: readonly bigint[], cells: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total <= 0n) return weights.map(() => 0)
  const shares = weights.map((weight) => Number((weight * BigInt(cells)) / total))
  const remainder = (index: number): bigint => ((weights[index] ?? 0n) * BigInt(cells)) % total
  const byRemainder = [...weights.keys()].sort((a, b) => Number(remainder(b) - remainder(a)))
  let left = cells - shares.reduce((sum, share) => sum + share, 0)
  for (const index of byRemainder) if (left-- > 0) shares[index] = (shares[index] ?? 0) + 1
  for (const [index, weight] of weights.entries()) if (weight > 0n) lend(shares, index)
  return shares
}

/** Gives a part without a cell one of the widest part's, if that one can spare it. */
function lend(shares: number[], index: number): void {
  const widest = shares.indexOf(Math.max(...shares))
  const most = shares[widest] ?? 0
  if ((shares[index] ?? 0) > 0 || most < 2) return
  shares[widest] = most - 1
  shares[index] = 1
}

export interface Part {
  readonly kind: string
  readonly ms: bigint
}

export function renderBar(parts: readonly Part[], cells: number, paint: Paint): string {
  const shares = apportion(
    parts.map((part) => part.ms),
    cells,
  )
  return parts
    .map((part, index) => {
      const look = lookOf(part.kind)
      return paint(look.colour, look.block.repeat(shares[index] ?? 0))
    })
    .join('')
}

/** One letter a slot, in physical order. */
export function renderStrip(kinds: readonly (string | null)[], paint: Paint): string {
  return kinds
    .map((kind) => lookOf(kind ?? 'free'))
    .map((look) => paint(look.colour, look.letter))
    .join('')
}

/** What the letters mean, for the kinds that occur. */
export function renderLegend(kinds: readonly (string | null)[], paint: Paint): string {
  const present = new Set(kinds.map((kind) => kind ?? 'free'))
  const order = [...KINDS, ...[...present].filter((kind) => !KINDS.includes(kind))]
  return order
    .filter((kind) => present.has(kind))
    .map(lookOf)
    .map((look) => `${paint(look.colour, look.letter)} ${look.label}`)
    .join('   ')
}
