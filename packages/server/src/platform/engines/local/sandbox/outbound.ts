/** Finds what gives sandboxes a way out, and the words that make a network with rules around a sandbox. */
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { OutboundPolicy } from './outbound-rules.ts'
import { SANDBOX_NETWORK, parseNameservers, renderOutboundRules } from './outbound-rules.ts'

export interface OutboundPrograms {
  readonly slirp4netns: string
  readonly nft: string
  readonly unshare: string
}

export interface OutboundMaker {
  readonly programs: OutboundPrograms
  readonly policy: OutboundPolicy
  /** The machine’s own addresses now. */
  readonly ownAddresses: () => readonly string[]
}

/** Of apt, which is where most look. */
const PACKAGES = { slirp4netns: 'slirp4netns', nft: 'nftables', unshare: 'util-linux' } as const

/** The programs, or which one is missing. */
export function findOutboundPrograms(
  find: (name: string) => string | null,
): OutboundPrograms | string {
  const [slirp4netns, nft, unshare] = [find('slirp4netns'), find('nft'), find('unshare')]
  if (slirp4netns !== null && nft !== null && unshare !== null) return { slirp4netns, nft, unshare }
  const missing = Object.entries({ slirp4netns, nft, unshare }).find(([, path]) => path === null)
  const name = missing?.[0] as keyof typeof PACKAGES
  return `\`network: outbound\` needs ${name}, which is not installed (apt-get install ${PACKAGES[name]})`
}

export function readOwnAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
}

/** Where a stub on loopback asks others, they are listed elsewhere. */
const RESOLVER_FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'] as const
const NAMESERVERS_MAX = 3

export async function nameserversOf({ policy }: OutboundMaker): Promise<readonly string[]> {
  if (policy.nameservers !== undefined) return policy.nameservers
  for (const path of RESOLVER_FILES) {
    const found = parseNameservers(await readFile(path, 'utf8').catch(() => ''))
    if (found.length > 0) return found.slice(0, NAMESERVERS_MAX)
  }
  return []
}

/** The last of it runs the words that follow, in a network that has its rules, and still leads nowhere. */
const FENCE = '"$1" "$2" && shift 2 && exec "$@"'

export interface Fence {
  readonly isRoot: boolean
  readonly nameservers: readonly string[]
}

export function fenceWords(
  maker: OutboundMaker,
  { isRoot, nameservers }: Fence,
): readonly string[] {
  const { programs, policy, ownAddresses } = maker
  const rules = renderOutboundRules({ policy, nameservers, ownAddresses: ownAddresses() })
  return [
    ...[programs.unshare, ...(isRoot ? [] : ['--user', '--map-root-user']), '--net'],
    ...['/bin/sh', '-c', FENCE, 'sh', programs.nft, rules],
  ]
}

/** What carries the traffic of a sandbox; the process whose network it is comes last. */
export function uplinkWords({ programs }: OutboundMaker): readonly string[] {
  return [
    programs.slirp4netns,
    ...['--configure', '--mtu=65520', `--cidr=${SANDBOX_NETWORK}`],
    ...['--disable-host-loopback', '--disable-dns', '--enable-sandbox', '--enable-seccomp'],
  ]
}
