/**
 * Addresses and networks: which address a caller has, and whether it is in a network in CIDR form. Pure; an address
 * that cannot be read is in no network.
 */

const V4_BITS = 32
const V6_BITS = 128
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i

interface Bits {
  readonly width: number
  readonly value: bigint
}

function parseV4(text: string): Bits | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return null
  return { width: V4_BITS, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}

function parseV6(text: string): Bits | null {
  const halves = text.split('%', 1)[0]?.split('::') ?? []
  if (halves.length > 2) return null
  const [left, right] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')]
  const missing = 8 - left.length - right.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return {
    width: V6_BITS,
    value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n),
  }
}

/** An IPv4 address in IPv6 clothes is what it is. */
function parseAddress(text: string): Bits | null {
  const plain = text.replace(MAPPED, '')
  return plain.includes(':') ? parseV6(plain) : parseV4(plain)
}

/** `network` is `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export function isWithin(address: string, network: string): boolean {
  const [base = '', length] = network.split('/')
  const [asked, fixed] = [parseAddress(address), parseAddress(base)]
  if (!asked || !fixed || asked.width !== fixed.width) return false
  const bits = length === undefined ? fixed.width : Number(length)
  if (!Number.isInteger(bits) || bits < 0 || bits > fixed.width) return false
  const rest = BigInt(fixed.width - bits)
  return asked.value >> rest === fixed.value >> rest
}

/**
 * Who is calling: the other end of the connection, or, where that is one of our own proxies, whoever it says. Each
 * proxy appends whom it heard from, so the last address that is no proxy of ours is the caller's; what is before it
 * anybody could have written.
 */
export function callerAddress(
  peer: string,
  forwardedFor: string | undefined,
  proxies: readonly string[],
): string {
  const isOurs = (address: string) => proxies.some((proxy) => isWithin(address, proxy))
  if (forwardedFor === undefined || !isOurs(peer)) return peer
  const said = forwardedFor.split(',').map((part) => part.trim())
  return said.findLast((address) => !isOurs(address)) ?? said[0] ?? peer
}
