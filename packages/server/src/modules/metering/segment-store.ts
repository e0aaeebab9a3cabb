/** The journal's files on the disk: lists, reads, takes over and deletes segments. Knows nothing of their content. */
import { mkdir, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fileName, parseFileName, type Segment } from './journal-segment.ts'

/** All segments there are, by writer, in the order of their numbers. */
export async function listSegments(
  directory: string,
): Promise<ReadonlyMap<string, readonly Segment[]>> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const segments = (await readdir(directory)).flatMap((name) => parseFileName(name) ?? [])
  return Map.groupBy(
    segments.toSorted((a, b) => a.number - b.number),
    ({ writer }) => writer,
  )
}

/** At most `bytesMax` bytes of a segment from an offset on; null when there is no such file. */
export async function readSegment(
  directory: string,
  segment: Omit<Segment, 'state'>,
  range: { readonly byteOffset: number; readonly bytesMax: number },
): Promise<Buffer | null> {
  const handle = await openEither(directory, segment)
  if (handle === null) return null
  try {
    const { size } = await handle.stat()
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(range.bytesMax, size - range.byteOffset)))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(
        bytes,
        length,
        bytes.length - length,
        range.byteOffset + length,
      )
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}

/** A segment's length; null when there is no such file. */
export async function segmentBytes(
  directory: string,
  segment: Omit<Segment, 'state'>,
): Promise<number | null> {
  for (const state of ['open', 'fenced'] as const) {
    const found = await orNull(stat(join(directory, fileName({ ...segment, state }))))
    if (found !== null) return found.size
  }
  return null
}

/**
 * Takes a journal over from a writer that is believed dead: its last segment loses its name, and an empty file stands
 * where the next one would be. From here on nothing that it still writes is acknowledged (see journal-service.ts), so
 * that reading to the end reads everything that ever was.
 */
export async function fenceWriter(directory: string, writer: string): Promise<void> {
  for (;;) {
    const segments = (await listSegments(directory)).get(writer) ?? []
    const number = segments.at(-1)?.number ?? 0
    const last = join(directory, fileName({ writer, number, state: 'open' }))
    await orNull(rename(last, join(directory, fileName({ writer, number, state: 'fenced' }))))
    const next = join(directory, fileName({ writer, number: number + 1, state: 'open' }))
    const blocker = await orNull(open(next, 'wx', 0o600), 'EEXIST')
    // If it is there, the writer was faster, and that one is the last now.
    if (blocker !== null) return blocker.close()
  }
}

export async function deleteSegment(directory: string, segment: Segment): Promise<void> {
  await orNull(unlink(join(directory, fileName(segment))))
}

async function openEither(
  directory: string,
  segment: Omit<Segment, 'state'>,
): Promise<FileHandle | null> {
  for (const state of ['open', 'fenced'] as const) {
    const handle = await orNull(open(join(directory, fileName({ ...segment, state })), 'r'))
    if (handle !== null) return handle
  }
  return null
}

/** Null when the file is not there (or, for a creation, is). */
async function orNull<Result>(work: Promise<Result>, code = 'ENOENT'): Promise<Result | null> {
  try {
    return await work
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return null
    throw error
  }
}
