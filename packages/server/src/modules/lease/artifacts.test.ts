import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listArtifacts, readArtifact } from './artifacts.ts'

let outside: string
let root: string

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'spillway-artifacts-'))
  root = join(outside, 'artifacts')
  mkdirSync(join(root, 'model'), { recursive: true })
  writeFileSync(join(outside, 'credentials.json'), 'secret')
  writeFileSync(join(root, 'model', 'weights'), 'w'.repeat(200_000))
  writeFileSync(join(root, 'a'), 'a')
})

afterEach(() => rmSync(outside, { recursive: true, force: true }))

async function read(path: string): Promise<string> {
  return new Response(await readArtifact(root, path)).text()
}

test('files are listed with their sizes, and read in full', async () => {
  const found = await listArtifacts(root)
  expect(found.map(({ path, bytes }) => [path, bytes])).toEqual([
    ['a', 1],
    ['model/weights', 200_000],
  ])
  expect(await read('model/weights')).toBe('w'.repeat(200_000))
})

test('no path and no link leads out, and what is no plain file is not opened', async () => {
  symlinkSync('../credentials.json', join(root, 'link'))
  symlinkSync('..', join(root, 'up'))
  symlinkSync('/etc', join(root, 'model', 'etc'))
  spawnSync('mkfifo', [join(root, 'pipe')])
  for (const path of [
    '../credentials.json',
    'model/../../credentials.json',
    '/etc/hostname',
    'link',
    'up/credentials.json',
    'model/etc/hostname',
    'pipe',
    'model',
    '',
    '.',
    'model//weights',
    'a\0b',
  ])
    await expect(read(path)).rejects.toMatchObject({ code: 'lease.artifact_not_found' })
  const listed = (await listArtifacts(root)).map(({ path }) => path)
  expect(listed).toEqual(['a', 'model/weights'])
})

test('a root that became a link shows nothing', async () => {
  rmSync(root, { recursive: true })
  symlinkSync(outside, root)
  expect(await listArtifacts(root)).toEqual([])
  await expect(read('credentials.json')).rejects.toMatchObject({ code: 'lease.artifact_not_found' })
  expect(await listArtifacts(null)).toEqual([])
})
