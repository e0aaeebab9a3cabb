/**
 * Reads from the kernel's log which GPUs the driver has given up on: lines such as
 * `[ 269.51] NVRM: Xid (PCI:0000:3b:00): 79, pid=…, GPU has fallen off the bus.` Pure. Of NVIDIA's catalog only those count
 * after which a GPU needs a reset or more; what a program did wrong (13, 31, 43, 45, 94) says nothing of its GPU.
 */

const MEANINGS: Readonly<Record<number, string>> = {
  46: 'it stopped processing',
  48: 'an error of two bits in its memory',
  62: 'its controller halted',
  64: 'a row of its memory could not be replaced',
  79: 'it has fallen off the bus',
  95: 'an uncontained error of its memory',
  119: 'its system processor does not answer',
  120: 'its system processor failed',
  140: 'an unrecovered error of its memory',
}

/** What was told last of a GPU. */
export interface Xid {
  /** For people. */
  readonly text: string
  /** Since the machine started; null where the log does not say. */
  readonly seconds: number | null
}

/** What is known from the log; it goes on where lines have left the log since. */
export interface XidRecord {
  /** The line of the driver's last start, which takes back what was before it. */
  readonly loaded: string | null
  /** By place on the bus. */
  readonly byBus: ReadonlyMap<string, Xid>
}

export const NO_XIDS: XidRecord = { loaded: null, byBus: new Map() }

const XID = /NVRM: Xid \((?:PCI:)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})[^)]*\): (\d+)\b/i
const LOADED = /NVRM: loading NVIDIA /
const SECONDS = /^(?:<\d+>)?\[\s*(\d+(?:\.\d+)?)\]/

/** When a line was written, since the machine started. */
export function secondsOf(line: string): number | null {
  const found = SECONDS.exec(line)?.[1]
  return found === undefined ? null : Number(found)
}

/** `00000000:3B:00.0` and `0000:3b:00` are one place. */
export function busPlace(busId: string): string {
  const [domain = '', bus = '', device = ''] = busId.toLowerCase().split(/[:.]/)
  return `${domain.slice(-4)}:${bus}:${device}`
}

export function readXids(log: string, before: XidRecord): XidRecord {
  const lines = log.split('\n')
  const at = lines.findLastIndex((line) => LOADED.test(line))
  const loaded = lines[at] ?? before.loaded
  const byBus = new Map(loaded === before.loaded ? before.byBus : [])
  for (const line of lines.slice(at + 1)) {
    const [, busId = '', code = ''] = XID.exec(line) ?? []
    const meaning = MEANINGS[Number(code)]
    if (meaning !== undefined)
      byBus.set(busPlace(busId), { text: `Xid ${code}: ${meaning}`, seconds: secondsOf(line) })
  }
  return { loaded, byBus }
}
