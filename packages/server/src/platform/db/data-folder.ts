/**
 * The data folder: made private, checked to be writable with room to spare, and held by one server at a time. What
 * lies inside it is other people's business.
 */
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { chmodSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { processStart } from './process-identity.ts'
import { errorCode, StartFailure } from './start-failure.ts'

const FREE_BYTES_MIN = 200 * 1024 * 1024
const CLAIM_ATTEMPTS = 4
const LOCK_NAME = /^server-(\d+)\.lock$/

export interface DataFolder {
  readonly path: string
  /** Lets the next server in. Safe to call twice. */
  release(): void
}

/** Makes the folder when it is missing, checks it, and takes it for this process. Throws a `StartFailure`. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  makePrivateFolder(path)
  checkWritable(path)
  checkFreeSpace(path, freeBytes(path))
  for (let attempt = 1; ; attempt++) {
    const holder = claim(path)
    if (holder === null) return { path, release: () => rmSync(lockPath(path), { force: true }) }
    if (attempt === CLAIM_ATTEMPTS) throw inUse(path, holder)
    // Two that start in the same instant both step back; they come again at different moments.
    await pause(20 + ((process.pid * attempt) % 97))
  }
}

/** Refuses a disk on which the first day would end in a fault. */
export function checkFreeSpace(path: string, freeNowBytes: number): void {
  if (freeNowBytes >= FREE_BYTES_MIN) return
  const mebibytes = Math.floor(freeNowBytes / 1024 / 1024)
  throw new StartFailure(
    'disk_full',
    `Only ${mebibytes} MiB are free on the disk of ${path}, and Spillway needs at least 200 MiB. Free some space, or set SPILLWAY_DATA_DIR to a folder on another disk.`,
  )
}

function makePrivateFolder(path: string): void {
  try {
    makeFolder(path, 0o700)
    const mode = statSync(path).mode & 0o777
    // Nobody else looks inside. The group may keep the right to pass through: PostgreSQL's user may need it.
    if ((mode & 0o067) !== 0) chmodSync(path, mode & ~0o067)
  } catch (error) {
    throw notWritable(path, error)
  }
}

/** With its parents. Node's own way never returns where the system denies that a folder exists, as under /proc. */
function makeFolder(path: string, mode = 0o777): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Another server may have been quicker.
    if (errorCode(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  }
}

function checkWritable(path: string): void {
  const probe = join(path, `.probe-${process.pid}`)
  try {
    writeFileSync(probe, 'probe', { mode: 0o600 })
    rmSync(probe, { force: true })
  } catch (error) {
    if (errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT') checkFreeSpace(path, 0)
    throw notWritable(path, error)
  }
}

function freeBytes(path: string): number {
  const disk = statfsSync(path)
  return disk.bavail * disk.bsize
}

/**
 * Takes the folder, or names the pid that has it. Each contender first writes a file of its own name and only then
 * looks for others, so of two at least one sees the other; only a file whose process is gone is removed, and that
 * name can never again mean a living holder unless its own process writes it anew.
 */
function claim(path: string): number | null {
  const own = lockPath(path)
  const start = processStart(process.pid) ?? ''
  if (readLock(own) === start) return process.pid
  const draft = `${own}.${randomUUID()}`
  writeFileSync(draft, start, { mode: 0o600 })
  renameSync(draft, own)
  const holder = otherHolder(path)
  if (holder !== null) rmSync(own, { force: true })
  return holder
}

function otherHolder(path: string): number | null {
  for (const name of readdirSync(path)) {
    const pid = Number(LOCK_NAME.exec(name)?.[1] ?? process.pid)
    if (pid === process.pid) continue
    const recorded = readLock(join(path, name))
    if (recorded !== null && recorded === processStart(pid)) return pid
    rmSync(join(path, name), { force: true })
  }
  return null
}

function lockPath(path: string): string {
  return join(path, `server-${process.pid}.lock`)
}

function readLock(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function inUse(path: string, pid: number): StartFailure {
  return new StartFailure(
    'data_folder_in_use',
    `Another Spillway server (process ${pid}) is using ${path}. Stop it with \`kill ${pid}\`, or set SPILLWAY_DATA_DIR to another folder.`,
  )
}

function notWritable(path: string, cause: unknown): StartFailure {
  const code = errorCode(cause)
  const why = code === 'ENOTDIR' || code === 'EEXIST' ? 'is not a folder' : 'cannot be written'
  return new StartFailure(
    'data_folder_not_writable',
    `The data folder ${path} ${why} (${code}). Make it writable for the user that runs Spillway, or set SPILLWAY_DATA_DIR to another folder.`,
    cause,
  )
}
