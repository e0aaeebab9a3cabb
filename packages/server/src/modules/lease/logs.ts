/**
 * Streams what a lease's command wrote, over all its attempts, and on request until the lease ends. Reads the engine's
 * log files in bounded pieces; the reader's pace sets the pace.
 */
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Db } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { attemptId } from './lease.ts'
import { Mask } from './mask.ts'
import { findLease } from './store.ts'

const PIECE_BYTES = 64 * 1024
const LOOK_EVERY_MS = 100

interface LogRequest {
  readonly leaseId: string
  readonly follow: boolean
  /** Bytes to skip at the start. */
  readonly offset: number
  /** Only the last so many bytes. */
  readonly tail: number | undefined
  readonly signal: AbortSignal
  /** What must not be shown. */
  readonly hidden: readonly string[]
}

interface LogSource {
  readonly db: Db
  readonly engines: Engines
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  )
}

/** The files of all attempts so far, oldest first. */
async function logFiles(
  source: LogSource,
  leaseId: string,
): Promise<{ paths: string[]; isOver: boolean }> {
  const lease = await findLease(source.db, leaseId)
  if (lease === null) return { paths: [], isOver: true }
  const engine = source.engines.find(lease.pool)
  const paths: string[] = []
  for (let attempt = 1; attempt <= lease.attempt; attempt++) {
    const log = await engine?.log(attemptId({ id: leaseId, attempt }))
    if (log) paths.push(log.path)
  }
  return { paths, isOver: lease.state === 'ended' }
}

async function skipFor(source: LogSource, request: LogRequest): Promise<number> {
  if (request.tail === undefined) return request.offset
  const { paths } = await logFiles(source, request.leaseId)
  const sizes = await Promise.all(paths.map(sizeOf))
  return Math.max(request.offset, sizes.reduce((sum, size) => sum + size, 0) - request.tail)
}

async function* readFrom(file: FileHandle, position: number): AsyncGenerator<Uint8Array> {
  let at = position
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_EVERY_MS)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

/** What is in a file from a position on. */
async function* readFile(path: string, position: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r')
  try {
    yield* readFrom(file, position)
  } finally {
    await file.close()
  }
}

/** Bytes of the log, from a place on. */
async function* readLog(
  source: LogSource,
  request: LogRequest,
  from: number,
): AsyncGenerator<Uint8Array> {
  let toSkip = from
  const positions = new Map<string, number>()
  for (;;) {
    // Whether it is over is asked before reading, so that what came last is still read.
    const { paths, isOver } = await logFiles(source, request.leaseId)
    for (const path of paths) {
      const known = positions.get(path) ?? 0
      const skipped = Math.max(0, Math.min(toSkip, (await sizeOf(path)) - known))
      toSkip -= skipped
      let at = known + skipped
      for await (const piece of readFile(path, at)) {
        at += piece.byteLength
        yield piece
      }
      positions.set(path, at)
    }
    if (!request.follow || isOver || request.signal.aborted) return
    await pause(request.signal)
  }
}

/** Reads from far enough before the requested place that a value cut by it is seen whole, and leaves that part out. */
async function* readMasked(source: LogSource, request: LogRequest): AsyncGenerator<Uint8Array> {
  const mask = new Mask(request.hidden)
  const wanted = await skipFor(source, request)
  let toDrop = Math.min(wanted, mask.reachBytes)
  const cut = (bytes: Buffer) => {
    const kept = bytes.subarray(Math.min(toDrop, bytes.length))
    toDrop -= bytes.length - kept.length
    return kept
  }
  for await (const piece of readLog(source, request, wanted - toDrop)) {
    const out = cut(mask.push(piece))
    if (out.length > 0) yield out
  }
  const rest = cut(mask.end())
  if (rest.length > 0) yield rest
}

/** The log as a stream that ends when the lease does (follow) or at what is there now. */
export function streamLog(source: LogSource, request: LogRequest): ReadableStream<Uint8Array> {
  const pieces = readMasked(source, request)
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => {
      await pieces.return(undefined)
    },
  })
}
