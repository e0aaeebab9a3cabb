/** The data folder: private, writable, roomy, and held by one. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkFreeSpace, openDataFolder } from './data-folder.ts'
import { isAlive, processStart } from './process-identity.ts'
import { StartFailure } from './start-failure.ts'

const root = mkdtempSync(join(tmpdir(), 'spillway-folder-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let made = 0
const fresh = () => join(root, `folder-${made++}`)

async function failure(work: () => unknown): Promise<StartFailure> {
  try {
    await work()
  } catch (error) {
    if (error instanceof StartFailure) return error
    throw error
  }
  throw new Error('it should have been refused')
}

/** A process that opens the folder, says so, and waits. */
function otherServer(path: string) {
  const script = `import { openDataFolder } from ${JSON.stringify(join(import.meta.dirname, 'data-folder.ts'))}
    await openDataFolder(process.argv[1])
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const words = ['--input-type=module', '-e', script, path]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const opened = new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true))
    child.once('close', () => resolve(false))
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  return { child, opened, ended }
}

test('a missing folder is made, with its parents, for its owner alone', async () => {
  const path = join(fresh(), 'deep')
  const folder = await openDataFolder(path)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  folder.release()
})

test('an existing folder that others could read is closed to them', async () => {
  const path = fresh()
  mkdirSync(path)
  chmodSync(path, 0o755)
  const folder = await openDataFolder(path)
  expect(statSync(path).mode & 0o067).toBe(0)
  folder.release()
})

test('a released folder holds no trace of its server and may be opened again', async () => {
  const path = fresh()
  const folder = await openDataFolder(path)
  folder.release()
  expect(readdirSync(path)).toEqual([])
  const again = await openDataFolder(path)
  again.release()
})

test('a second server is refused with the pid of the first', async () => {
  // given
  const path = fresh()
  const first = otherServer(path)
  expect(await first.opened).toBe(true)
  // when
  const refusal = await failure(() => openDataFolder(path))
  // then
  expect(refusal.reason).toBe('data_folder_in_use')
  expect(refusal.message).toContain(`process ${first.child.pid}`)
  expect(refusal.message).toContain('SPILLWAY_DATA_DIR')
  first.child.kill('SIGKILL')
  await first.ended
})

test('the folder of a killed server is taken over', async () => {
  const path = fresh()
  const first = otherServer(path)
  await first.opened
  first.child.kill('SIGKILL')
  await first.ended
  const folder = await openDataFolder(path)
  expect(readdirSync(path)).toEqual([`server-${process.pid}.lock`])
  folder.release()
})

test('a pid that was given to another process since holds nothing', async () => {
  const path = fresh()
  mkdirSync(path)
  writeFileSync(join(path, `server-${process.ppid}.lock`), 'a boot ago')
  const folder = await openDataFolder(path)
  folder.release()
})

test('of servers that start together at most one gets the folder', async () => {
  const path = fresh()
  const servers = Array.from({ length: 4 }, () => otherServer(path))
  const opened = await Promise.all(servers.map((server) => server.opened))
  expect(opened.filter(Boolean).length).toBeLessThanOrEqual(1)
  for (const { child } of servers) child.kill('SIGKILL')
  await Promise.all(servers.map(({ ended }) => ended))
})

test('the same process does not get a folder twice', async () => {
  const path = fresh()
  const folder = await openDataFolder(path)
  expect((await failure(() => openDataFolder(path))).reason).toBe('data_folder_in_use')
  folder.release()
})

test('a file in the place of the folder is refused with what to do', async () => {
  const path = fresh()
  writeFileSync(path, '')
  const refusal = await failure(() => openDataFolder(path))
  expect(refusal.reason).toBe('data_folder_not_writable')
  expect(refusal.message).toContain('is not a folder')
})

test('a folder that cannot be made is refused with what to do', async () => {
  const refusal = await failure(() => openDataFolder('/proc/spillway'))
  expect(refusal.reason).toBe('data_folder_not_writable')
  expect(refusal.message).toContain('SPILLWAY_DATA_DIR')
})

test('less than 200 MiB of free space is refused with how much there is', async () => {
  const refusal = await failure(() => checkFreeSpace('/data', 12 * 1024 * 1024))
  expect(refusal.reason).toBe('disk_full')
  expect(refusal.message).toContain('Only 12 MiB')
  expect(() => checkFreeSpace('/data', 300 * 1024 * 1024)).not.toThrow()
})

test('a process has a start of its own, and one that ended has none', async () => {
  const child = spawn('sleep', ['60'])
  const pid = child.pid ?? 0
  expect(isAlive(pid)).toBe(true)
  expect(processStart(pid)).not.toBe(processStart(process.pid))
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
  expect(isAlive(pid)).toBe(false)
  expect(processStart(pid)).toBeNull()
})
