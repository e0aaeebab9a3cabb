/**
 * The last instant at which an attempt's processes were seen alive: one file of fixed length, overwritten in place, so
 * that it is cheap, needs no free disk space, and disturbs no watch. The instant stands in it twice, which tells a
 * reader that it read half of a write.
 */
import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

const DIGITS = 16
/** A power cut loses at most this many beats. */
const BEATS_PER_SYNC = 10
const READS_MAX = 5
/** More than a beat has. */
const BYTES_MAX = 64

export interface Heartbeat {
  readonly beat: (nowMs: number) => void
  readonly close: () => void
}

export function openHeartbeat(path: string): Heartbeat {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  let beatsTotal = 0
  return {
    beat: (nowMs) => {
      writeSync(file, renderBeat(nowMs), 0, 'latin1')
      beatsTotal += 1
      // Losing a sync costs at most the next few beats after a power cut, so its failure needs no answer.
      if (beatsTotal % BEATS_PER_SYNC === 0) fdatasync(file, () => {})
    },
    close: () => closeSync(file),
  }
}

/** One beat by somebody who does not keep the file open. */
export function writeBeat(path: string, nowMs: number): void {
  const heartbeat = openHeartbeat(path)
  heartbeat.beat(nowMs)
  heartbeat.close()
}

/** The last beat, or null when there was none. */
export function readBeat(path: string): number | null {
  for (let read = 0; read < READS_MAX; read++) {
    const beat = parseBeat(readIfThere(path))
    if (beat !== null) return beat
  }
  return null
}

export function renderBeat(nowMs: number): string {
  const digits = String(nowMs).padStart(DIGITS, '0')
  return `${digits} ${digits}\n`
}

/** Null when the text is not one whole beat. */
export function parseBeat(text: string): number | null {
  const match = /^(\d+) (\d+)\n$/.exec(text)
  if (match === null || match[1] !== match[2]) return null
  return Number(match[1])
}

/** No link is followed, and no pipe waited for: another user's folder may hold either. */
function readIfThere(path: string): string {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
  try {
    const buffer = Buffer.alloc(BYTES_MAX)
    return fstatSync(file).isFile() ? buffer.toString('latin1', 0, readSync(file, buffer)) : ''
  } finally {
    closeSync(file)
  }
}
