/** Ranges of IPv4 addresses, as people write them: `10.0.0.0/8`, or one address. Pure. */

export interface Ipv4Range {
  /** The first address and the last one, as numbers. */
  readonly from: number
  readonly to: number
}

const FORM = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/

/** Null for what is no range. Bits beyond the prefix do not count. */
export function parseIpv4Range(text: string): Ipv4Range | null {
  const found = FORM.exec(text)
  if (found === null) return null
  const bytes = found.slice(1, 5).map(Number)
  const prefix = Number(found[5] ?? 32)
  if (prefix > 32 || bytes.some((byte) => byte > 255)) return null
  const size = 2 ** (32 - prefix)
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  const from = address - (address % size)
  return { from, to: from + size - 1 }
}

export function doRangesOverlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return one.from <= other.to && other.from <= one.to
}
