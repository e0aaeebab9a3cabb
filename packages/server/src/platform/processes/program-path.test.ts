/** Programs are found as a shell would. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseCpuList } from './allowed-cpus.ts'
import { findProgram } from './program-path.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spillway-programs-'))
  for (const folder of ['one', 'two', 'two/folder']) await mkdir(join(root, folder))
  await writeFile(join(root, 'one', 'tool'), 'text')
  await writeFile(join(root, 'two', 'tool'), '#!/bin/sh\n')
  await chmod(join(root, 'two', 'tool'), 0o755)
})
afterAll(() => rm(root, { recursive: true }))

test('the first file on PATH that may be run is the program', () => {
  const place = { path: `/none:${join(root, 'one')}:${join(root, 'two')}`, directory: '/' }
  expect(findProgram('tool', place)).toEqual({ kind: 'found', path: join(root, 'two', 'tool') })
})

test('missing, not to be run, and a folder are told apart from a program', () => {
  expect(findProgram('none', { path: root, directory: '/' }).kind).toBe('not_found')
  expect(findProgram('tool', { path: join(root, 'one'), directory: '/' }).kind).toBe(
    'not_executable',
  )
  expect(findProgram('folder', { path: join(root, 'two'), directory: '/' }).kind).toBe('not_found')
})

test('a name with a slash is a path from the working directory', () => {
  const place = { path: '/bin', directory: join(root, 'two') }
  expect(findProgram('./tool', place)).toEqual({ kind: 'found', path: join(root, 'two', 'tool') })
  expect(findProgram('../one/tool', place).kind).toBe('not_executable')
})

test('a kernel CPU list is read with its gaps', () => {
  expect(parseCpuList('0-3,8,10-11\n')).toEqual([0, 1, 2, 3, 8, 10, 11])
  expect(parseCpuList('5')).toEqual([5])
  expect(parseCpuList('')).toEqual([])
})
