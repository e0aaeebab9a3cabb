/**
 * The output of a lease, from an offset until the lease has ended. Survives a server that goes away and comes back:
 * it counts bytes and continues after the last one.
 */
import type { Client } from '@spillway/contract'

export interface LogReading {
  readonly client: Client
  readonly id: string
  readonly signal: AbortSignal
  readonly isFollowing: boolean
  /** Moves on with every byte taken, so that whoever reads again continues there. */
  readonly cursor: { offset: number }
  readonly take: (chunk: Uint8Array) => Promise<void>
}

/** One pass over the log, to its end or, when following, to the end of the lease. */
export async function readLogs(reading: LogReading): Promise<void> {
  const { client, id, signal, isFollowing, cursor, take } = reading
  const query = { offset: cursor.offset, ...(isFollowing ? { follow: 'true' } : {}) }
  const response = await client.getLeaseLogs({ params: { id }, query, signal })
  const body: AsyncIterable<Uint8Array> = response.body ?? emptyBody()
  for await (const chunk of body) {
    cursor.offset += chunk.length
    await take(chunk)
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // No body: the log is empty.
}

/** Keeps the last lines of what it is given. */
export interface LineTail {
  readonly push: (chunk: Uint8Array) => void
  readonly take: () => Uint8Array
}

const NEWLINE = 10

/** Holds no more than the lines it keeps, however long the log is. */
export function createLineTail(linesMax: number): LineTail {
  let kept: Buffer = Buffer.alloc(0)
  return {
    push: (chunk) => {
      kept = Buffer.concat([kept, chunk])
      kept = kept.subarray(startOfLast(kept, linesMax))
    },
    take: () => kept,
  }
}

/** Where the last lines begin. A newline at the very end closes the last line and opens none. */
function startOfLast(bytes: Buffer, lines: number): number {
  let at = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length
  for (let left = lines; left > 0; left--) {
    if (at <= 0) return 0
    const newline = bytes.lastIndexOf(NEWLINE, at - 1)
    if (newline < 0) return 0
    if (left === 1) return newline + 1
    at = newline
  }
  return bytes.length
}
