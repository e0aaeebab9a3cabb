/** The parts of the embedded server that decide without one running. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { StartFailure } from '../start-failure.ts'
import { completeLinks, findBinaries } from './binaries.ts'
import { failureFromLog, isStillInUse, limitLog } from './log.ts'
import { parsePostmasterFile } from './postmaster-file.ts'
import { fitsSocket, renderSettings } from './settings.ts'
import { retryDelayMs } from './watch.ts'

const root = mkdtempSync(join(tmpdir(), 'spillway-parts-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function refusal(work: () => unknown): StartFailure {
  try {
    work()
  } catch (error) {
    if (error instanceof StartFailure) return error
    throw error
  }
  throw new Error('it should have been refused')
}

/** A package as npm installs it: the files are there, the links are a list. */
function installedPackage(name: string): string {
  const folder = join(root, name)
  mkdirSync(join(folder, 'native/lib'), { recursive: true })
  writeFileSync(join(folder, 'native/lib/libx.so.1.2'), 'library')
  const links = ['native/lib/libx.so', 'native/lib/libx.so.1'].map((target) => ({
    source: 'native/lib/libx.so.1.2',
    target,
  }))
  writeFileSync(join(folder, 'native/pg-symlinks.json'), JSON.stringify(links))
  return folder
}

test('missing library links are made, once', () => {
  const folder = installedPackage('fresh')
  completeLinks(folder)
  completeLinks(folder)
  const link = join(folder, 'native/lib/libx.so.1')
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(readFileSync(link, 'utf8')).toBe('library')
})

test('a package that cannot be completed is refused with what to do', () => {
  const folder = installedPackage('broken')
  rmSync(join(folder, 'native/lib'), { recursive: true })
  const { reason, message } = refusal(() => completeLinks(folder))
  expect(reason).toBe('postgres_package_incomplete')
  expect(message).toContain('libx.so')
  expect(message).toContain('DATABASE_URL')
})

test.each([
  ['win32-x64', 'There is no embedded PostgreSQL for win32-x64'],
  [process.platform === 'darwin' ? 'linux-x64' : 'darwin-x64', 'is not installed'],
])('a machine without the package (%s) is told what to do', (machine, want) => {
  const { reason, message } = refusal(() => findBinaries(machine))
  expect(reason).toBe('postgres_package_missing')
  expect(message).toContain(want)
  expect(message).toContain('DATABASE_URL')
})

test.each([
  ['FATAL:  could not write lock file: No space left on device', 'disk_full'],
  ['could not bind IPv4 address "127.0.0.1": Address already in use', 'postgres_port_taken'],
  ['FATAL:  database files are incompatible with server', 'postgres_version_mismatch'],
  ['could not open file "global/pg_control": Permission denied', 'data_folder_not_writable'],
  ['FATAL:  something nobody has seen before', 'postgres_failed'],
])('of a log that ends with "%s" the reason is %s', (text, want) => {
  const { reason, message } = failureFromLog(text, { dataDir: '/data', log: '/data/postgres.log' })
  expect(reason).toBe(want)
  expect(message).toMatch(/[.]|before$/)
})

test('backends that are still ending are waited for', () => {
  expect(
    isStillInUse('FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use'),
  ).toBe(true)
  expect(isStillInUse('FATAL:  could not create lock file')).toBe(false)
})

test('a log that has grown large is kept once and begun anew', () => {
  const log = join(root, 'postgres.log')
  writeFileSync(log, 'x'.repeat(9 * 1024 * 1024))
  limitLog(log)
  expect(statSync(log).size).toBe(0)
  expect(statSync(`${log}.1`).size).toBe(9 * 1024 * 1024)
  writeFileSync(log, 'small')
  limitLog(log)
  expect(readFileSync(log, 'utf8')).toBe('small')
})

test('the file of PostgreSQL is read as it stands at each moment of a start', () => {
  const lines = ['123', '/data', '1700000000', '5433', '/data/socket', '127.0.0.1', '  1  2']
  expect(parsePostmasterFile('')).toBeNull()
  expect(parsePostmasterFile('123\n')).toEqual({ pid: 123, port: 0, isReady: false })
  const starting = [...lines, 'starting', ''].join('\n')
  expect(parsePostmasterFile(starting)).toEqual({ pid: 123, port: 5433, isReady: false })
  const ready = [...lines, 'ready   ', ''].join('\n')
  expect(parsePostmasterFile(ready)).toEqual({ pid: 123, port: 5433, isReady: true })
})

test('a socket is left out where its path would be too long', () => {
  const long = `/${'x'.repeat(90)}`
  expect(fitsSocket('/data/postgres/socket')).toBe(true)
  expect(fitsSocket(long)).toBe(false)
  const settings = renderSettings({ port: 1, socketFolder: long, isDurable: true })
  expect(settings).toContain('unix_socket_directories=')
  expect(settings).toContain('listen_addresses=127.0.0.1')
  expect(settings).toContain('fsync=on')
  expect(settings).toContain('synchronous_commit=on')
})

test('restarts are tried at growing intervals, up to half a minute', () => {
  expect([1, 2, 3].map(retryDelayMs)).toEqual([200, 400, 800])
  expect(retryDelayMs(1000)).toBe(30_000)
})
