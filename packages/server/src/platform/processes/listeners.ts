/** Which of some processes listen on a TCP port, from `/proc`: their sockets against the system's table of listeners. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Whether this machine can tell at all. */
export function isSupported(): boolean {
  return existsSync('/proc/self/net/tcp')
}

/**
 * The address at which one of the processes listens on the port; null when none does. They share the network of
 * `neighbour`, another process.
 */
export function findListener(
  pids: readonly number[],
  port: number,
  neighbour: number | 'self' = 'self',
): string | null {
  const tables = ['tcp', 'tcp6'].flatMap((name) =>
    parseListeners(read(`/proc/${neighbour}/net/${name}`)),
  )
  const ofPort = tables.filter((each) => each.port === port)
  if (ofPort.length === 0) return null
  const ours = new Set(pids.flatMap(socketsOf))
  return ofPort.find((each) => ours.has(each.inode))?.host ?? null
}

export interface Listener {
  /** Where this machine reaches it. */
  readonly host: string
  readonly port: number
  readonly inode: string
}

const LISTEN = '0A'

/** The listening sockets in the text of `/proc/net/tcp` or `/proc/net/tcp6`. Pure. */
export function parseListeners(text: string): readonly Listener[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      if (state !== LISTEN) return []
      const host = address.length === 8 ? hostOf4(address) : hostOf6(address)
      return host === null ? [] : [{ host, port: Number.parseInt(port, 16), inode }]
    })
}

/** Four bytes, the last one first. All addresses are reached by loopback. */
function hostOf4(hex: string): string {
  const bytes = (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).toReversed()
  return bytes.every((byte) => byte === 0) ? '127.0.0.1' : bytes.join('.')
}

const ANY_6 = '0'.repeat(32)
const LOOPBACK_6 = `${'0'.repeat(24)}01000000`
const MAPPED_4 = `${'0'.repeat(16)}FFFF0000`

/** Only what loopback reaches; a service on one outer address of version 6 alone is not looked for. */
function hostOf6(hex: string): string | null {
  if (hex === ANY_6 || hex === LOOPBACK_6) return '::1'
  return hex.startsWith(MAPPED_4) ? hostOf4(hex.slice(24)) : null
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${fd}`))?.[1]
      return inode === undefined ? [] : [inode]
    })
  } catch {
    // It ended meanwhile, or is not ours to look into: then it lends its port to nobody.
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Closed meanwhile.
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // A machine without version 6 has no table of it.
    return ''
  }
}
