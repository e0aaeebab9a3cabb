/** Parsing of the process table, from lines as the system prints them. */
import { describe, expect, test } from 'vitest'
import { isBornSince, isLiving, parseProcStat, parsePsLine } from './process-entry.ts'
import type { ProcessEntry } from './process-entry.ts'

const NODE =
  '4242 (node) S 1 4242 4242 0 -1 4194560 2517 0 0 0 8 2 0 0 20 0 7 0 987654 1044480000 9811 18446744073709551615 1 1 0 0 0 0 0 16781312 134235650 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n'

describe('/proc/<pid>/stat', () => {
  test('fields are taken by their place', () => {
    expect(parseProcStat(NODE)).toEqual({
      pid: 4242,
      birth: '987654',
      groupId: 4242,
      sessionId: 4242,
      state: 'S',
      threadCount: 7,
    })
  })

  test('a name with spaces and parentheses cannot shift the fields', () => {
    const hostile = NODE.replace('(node)', '(a) Z 1 (b) )')
    expect(parseProcStat(hostile)).toEqual(parseProcStat(NODE))
  })

  test('what is not such a line is null', () => {
    for (const text of ['', 'nonsense', '1 (x', '1 (x) S 1 1 1'])
      expect(parseProcStat(text)).toBeNull()
  })
})

test('a line of ps is parsed, its start time being the birth', () => {
  const line = '  501   501 Ss   Thu Nov 20 20:41:07 2026    '
  const want = { pid: 501, groupId: 501, state: 'S', birth: 'Thu Nov 20 20:41:07 2026' }
  expect(parsePsLine(line)).toMatchObject(want)
  expect(parsePsLine('')).toBeNull()
})

const entry = (changes: Partial<ProcessEntry>): ProcessEntry => ({
  pid: 10,
  birth: '100',
  groupId: 10,
  sessionId: 10,
  state: 'S',
  threadCount: 1,
  ...changes,
})

test('a zombie is gone, unless threads of it live on', () => {
  expect(isLiving(entry({ state: 'S' }))).toBe(true)
  expect(isLiving(entry({ state: 'T' }))).toBe(true)
  expect(isLiving(entry({ state: 'Z' }))).toBe(false)
  expect(isLiving(entry({ state: 'X' }))).toBe(false)
  expect(isLiving(entry({ state: 'Z', threadCount: 3 }))).toBe(true)
})

test('births are compared as numbers where they are, and say nothing where they are not', () => {
  expect(isBornSince(entry({ birth: '1000' }), { pid: 1, birth: '999' })).toBe(true)
  expect(isBornSince(entry({ birth: '999' }), { pid: 1, birth: '1000' })).toBe(false)
  expect(isBornSince(entry({ birth: 'Thu Nov 20' }), { pid: 1, birth: 'Fri Nov 21' })).toBe(true)
})
