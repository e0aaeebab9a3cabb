/** Whether the files of an attempt have outgrown what they may hold, or the disk under them. Reads only. */
import { lstat, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AttemptPaths } from './attempt-folder.ts'

const MIB = 1024 * 1024
/** Below this the machine itself is in danger, and whoever holds at least as much has to go. */
const DISK_LEFT_MIN = 64 * MIB
/** A disk with less than this is full to anybody who writes. */
const DISK_FULL_BYTES = 64 * 1024
/** How often the size of its files is looked at. */
const LOOK_MS = 2000

/** One lease must not fill the disk that all of them stand on. Looks when asked, and not oftener than it is worth. */
export function createFilesWatch(
  places: Pick<AttemptPaths, 'artifacts' | 'work'>,
  bytesMax: number,
): () => Promise<string | null> {
  let lookedMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (monotonicMs() - lookedMs < LOOK_MS) return null
    // Nobody looks a second time while a look takes its time.
    lookedMs = Number.POSITIVE_INFINITY
    const fault = await findFileFault(places, bytesMax)
    lookedMs = monotonicMs()
    return fault
  }
}

/** What is to be told of the files that hold too much; null while all is well. */
async function findFileFault(
  { artifacts, work }: Pick<AttemptPaths, 'artifacts' | 'work'>,
  bytesMax: number,
): Promise<string | null> {
  if ((await bytesUnder(artifacts, bytesMax)) > bytesMax)
    return `its artifacts folder holds more than the ${renderBytes(bytesMax)} that it may`
  if ((await bytesLeft(work)) >= DISK_LEFT_MIN) return null
  if ((await bytesUnder(work, DISK_LEFT_MIN)) < DISK_LEFT_MIN) return null
  return `the disk of its node is nearly full, and its files hold more than ${renderBytes(DISK_LEFT_MIN)} of it`
}

/** Whether nothing more can be written into the folder. */
export async function isDiskFull(folder: string): Promise<boolean> {
  return (await bytesLeft(folder)) < DISK_FULL_BYTES
}

async function bytesLeft(folder: string): Promise<number> {
  const found = await statfs(folder).catch(() => null)
  return found === null ? Number.POSITIVE_INFINITY : found.bavail * found.bsize
}

/** What is under a folder, as far as it takes to see that it is more than a bound. Links are not followed. */
async function bytesUnder(folder: string, bound: number): Promise<number> {
  let total = 0
  const waiting = [folder]
  for (let next = waiting.pop(); next !== undefined && total <= bound; next = waiting.pop()) {
    const place = next
    const entries = await readdir(place, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = join(place, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      else total += (await lstat(path).catch(() => null))?.size ?? 0
    }
  }
  return total
}

function renderBytes(bytes: number): string {
  const [size, unit] =
    bytes >= 1024 * MIB ? [1024 * MIB, 'GiB'] : bytes >= MIB ? [MIB, 'MiB'] : [1, 'bytes']
  return `${Math.round((bytes / size) * 10) / 10} ${unit}`
}
