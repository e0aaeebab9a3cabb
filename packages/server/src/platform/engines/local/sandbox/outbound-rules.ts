/**
 * What a sandbox with a way out may reach, as rules of nftables in its own network. They are there before anything leads
 * out, and nothing inside may change them. Pure: addresses of the machine come in as arguments.
 */
import { NOT_PUBLIC_V4 } from '#platform/outbound/address.ts'

/** What the operator says of the way out. Ranges have the form `10.0.0.0/8`. */
export interface OutboundPolicy {
  /** Ranges that are not public, and may be reached nevertheless. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** Who answers for names; those of this machine when absent. */
  readonly nameservers?: readonly string[] | undefined
}

export const PUBLIC_ONLY: OutboundPolicy = { allow: [], deny: [] }

/** Reached by nobody, whatever the operator allows: this machine, its links, many at once. */
const NEVER = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4'] as const

/** Of the sandbox's own network: documentation, which stands for no network that there is. */
export const SANDBOX_NETWORK = '198.51.100.0/24'

export interface OutboundSurroundings {
  readonly policy: OutboundPolicy
  readonly nameservers: readonly string[]
  /** This machine’s own: what listens on one of them trusts those beside it. */
  readonly ownAddresses: readonly string[]
}

/** The first rule that fits decides. */
export function renderOutboundRules(surroundings: OutboundSurroundings): string {
  const { policy, nameservers, ownAddresses } = surroundings
  const refuse = (range: string) => `ip daddr ${range} reject with icmpx admin-prohibited`
  const rules = [
    'oifname "lo" accept',
    // The way out carries IPv4 alone.
    'meta nfproto ipv6 drop',
    ...NEVER.map(refuse),
    ...nameservers.flatMap((address) =>
      ['udp', 'tcp'].map((protocol) => `ip daddr ${address} ${protocol} dport 53 accept`),
    ),
    ...ownAddresses.map(refuse),
    ...policy.deny.map(refuse),
    ...policy.allow.map((range) => `ip daddr ${range} accept`),
    ...NOT_PUBLIC_V4.map(refuse),
    'ip protocol { tcp, udp, icmp } accept',
  ]
  const chain = 'type filter hook output priority 0; policy drop;'
  return `table inet spillway {\n chain output {\n  ${chain}\n  ${rules.join('\n  ')}\n }\n}`
}

/** Those of a `resolv.conf` that can be reached from elsewhere than this machine itself. */
export function parseNameservers(text: string): readonly string[] {
  const found = text.matchAll(/^[ \t]*nameserver[ \t]+((?:\d{1,3}\.){3}\d{1,3})[ \t]*$/gm)
  return [...found].flatMap(([, address = '']) => (address.startsWith('127.') ? [] : [address]))
}
