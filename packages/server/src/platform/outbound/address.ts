/**
 * Which addresses may be called on somebody else's behalf. `public` is the internet; `private` is this machine and the
 * networks around it; `never` is what no request is for: link-local with its metadata services, multicast, reserved.
 */
import { BlockList, isIP } from 'node:net'

export type AddressClass = 'public' | 'private' | 'never'

type Subnet = readonly [network: string, prefix: number]

const PRIVATE_V4: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]

/** IANA's registry of special IPv4 addresses, without the private ones. */
const NEVER_V4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** What no request from outside this house is for, in the form `10.0.0.0/8`. */
export const NOT_PUBLIC_V4: readonly string[] = [...PRIVATE_V4, ...NEVER_V4].map(
  ([network, prefix]) => `${network}/${prefix}`,
)

const PRIVATE_V6: readonly Subnet[] = [
  ['::1', 128],
  ['fc00::', 7],
]

/** Only this part of IPv6 is the internet; mapped, translated and link-local addresses lie outside of it. */
const PUBLIC_V6: readonly Subnet[] = [['2000::', 3]]

/** Tunnels that carry an IPv4 address, documentation, benchmarks. */
const NEVER_V6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

function blockList(subnets: readonly Subnet[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}

const V4 = {
  private: blockList(PRIVATE_V4, 'ipv4'),
  never: blockList(NEVER_V4, 'ipv4'),
}
const V6 = {
  private: blockList(PRIVATE_V6, 'ipv6'),
  never: blockList(NEVER_V6, 'ipv6'),
  public: blockList(PUBLIC_V6, 'ipv6'),
}

/** What kind of address this is; what is no address is `never`. */
export function classifyAddress(address: string): AddressClass {
  const family = isIP(address)
  if (family === 4) {
    if (V4.never.check(address, 'ipv4')) return 'never'
    return V4.private.check(address, 'ipv4') ? 'private' : 'public'
  }
  // A zone, as in fe80::1%eth0, is of this machine only. A mapped IPv4 address is not written so by anybody honest.
  if (family !== 6 || address.includes('%') || /^::ffff:/i.test(address)) return 'never'
  if (V6.private.check(address, 'ipv6')) return 'private'
  if (V6.never.check(address, 'ipv6')) return 'never'
  return V6.public.check(address, 'ipv6') ? 'public' : 'never'
}
