/** Whose processes are whose: no process of somebody else is ever taken for one of ours, whatever its pid. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { until } from '#platform/engines/testing/until.ts'
import type { ProcessEntry } from './process-entry.ts'
import { createProcessSet, findMembers } from './process-set.ts'
import type { ProcessSetDescription } from './process-set.ts'
import { createProcessTable, isAlive } from './process-table.ts'
import type { ProcessTable } from './process-table.ts'
import { signalGroup, signalProcess } from './signals.ts'

const OURS: ProcessSetDescription = {
  leader: { pid: 500, birth: '1000' },
  marker: 'MARK=ours',
  ancestor: { pid: 400, birth: '990' },
  except: [400],
}

type Row = Partial<ProcessEntry> & { readonly pid: number; readonly mark?: string | null }

/** A process table as it might be; `mark: null` is an environment that cannot be read. */
function tableOf(rows: readonly Row[]): ProcessTable {
  const entries = rows.map(({ mark: _mark, ...row }): ProcessEntry => ({
    birth: '1001',
    groupId: row.pid,
    sessionId: row.pid,
    state: 'S',
    threadCount: 1,
    ...row,
  }))
  return {
    find: (pid) => entries.find((entry) => entry.pid === pid) ?? null,
    list: () => entries,
    hasInEnvironment: (pid, assignment) => {
      const mark = rows.find((row) => row.pid === pid)?.mark
      return mark === null ? null : `MARK=${mark}` === assignment
    },
  }
}

const CASES: readonly { name: string; rows: readonly Row[]; want: readonly number[] }[] = [
  { name: 'the leader', rows: [{ pid: 500, birth: '1000', mark: 'ours' }], want: [500] },
  {
    name: 'a child in the group that dropped its environment, the leader dead',
    rows: [{ pid: 501, groupId: 500, sessionId: 500, mark: 'none' }],
    want: [501],
  },
  {
    name: 'a child that left the group and kept the mark',
    rows: [{ pid: 502, mark: 'ours' }],
    want: [502],
  },
  { name: 'a stranger', rows: [{ pid: 503, mark: 'theirs' }], want: [] },
  { name: 'one whose environment cannot be read', rows: [{ pid: 504, mark: null }], want: [] },
  { name: 'the one who watches', rows: [{ pid: 400, birth: '990', mark: 'ours' }], want: [] },
  { name: 'a zombie', rows: [{ pid: 500, birth: '1000', state: 'Z', mark: 'ours' }], want: [] },
  {
    name: 'a stranger who was given the pid of the leader, and its group',
    rows: [
      { pid: 500, birth: '2000', mark: 'theirs' },
      { pid: 501, groupId: 500, sessionId: 500, birth: '2001', mark: 'theirs' },
    ],
    want: [],
  },
  {
    name: 'a stranger who was given the pid of the leader, beside one of ours outside the group',
    rows: [
      { pid: 500, birth: '2000', mark: 'theirs' },
      { pid: 502, mark: 'ours' },
    ],
    want: [502],
  },
  {
    name: 'one with our mark that is older than all of ours',
    rows: [{ pid: 505, birth: '5', mark: 'ours' }],
    want: [],
  },
  {
    name: 'the first process of the machine',
    rows: [{ pid: 1, groupId: 500, mark: 'ours' }],
    want: [],
  },
]

describe('the members of a set', () => {
  test.each(CASES)('$name', ({ rows, want }) => {
    expect(findMembers(tableOf(rows), OURS).map(({ pid }) => pid)).toEqual(want)
  })

  test('without a known leader only the mark tells', () => {
    const rows = [
      { pid: 500, birth: '1000', mark: 'none' },
      { pid: 501, mark: 'ours' },
    ]
    const members = findMembers(tableOf(rows), { ...OURS, leader: null })
    expect(members.map(({ pid }) => pid)).toEqual([501])
  })
})

test('what a container holds is of the set, whatever it did to hide; the one who watches is not', () => {
  const rows = [
    { pid: 400, birth: '990', mark: 'ours' },
    { pid: 500, birth: '1000', mark: 'ours' },
    { pid: 503, mark: 'none' },
    { pid: 504, mark: 'none' },
  ]
  const container = { pids: () => [400, 500, 503], close: () => {} }
  const members = findMembers(tableOf(rows), { ...OURS, container })
  expect(members.map(({ pid }) => pid)).toEqual([500, 503])
})

test('a container is closed once a first kill has left something, so that nothing sees it coming', () => {
  const closings: (readonly number[])[] = []
  const container = { pids: () => [], close: (except: readonly number[]) => closings.push(except) }
  const set = createProcessSet(tableOf([]), { ...OURS, container })
  set.signalAll('SIGTERM')
  set.signalAll('SIGKILL')
  expect(closings).toEqual([])
  set.signalAll('SIGKILL')
  expect(closings).toEqual([OURS.except])
})

test('a pid with another birth is another process: it is not alive, and gets no signal', async () => {
  const table = createProcessTable()
  const child = spawn('sleep', ['600'], { detached: true })
  const entry = table.find(child.pid ?? 0)
  if (entry === null) throw new Error('the child is not in the table')
  const former = { pid: entry.pid, birth: `${entry.birth}1` }
  expect(isAlive(table, former)).toBe(false)
  expect(signalProcess(table, former, 'SIGKILL')).toBe(false)
  const set = createProcessSet(table, { ...OURS, leader: former, ancestor: former, except: [] })
  set.signalAll('SIGKILL')
  set.signalGroup('SIGKILL')
  expect(set.isAnyAlive()).toBe(false)
  expect(isAlive(table, entry)).toBe(true)
  expect(signalProcess(table, entry, 'SIGKILL')).toBe(true)
  await once(child, 'exit')
  expect(isAlive(table, entry)).toBe(false)
})

test('everybody, the own group and the first process are never signalled', () => {
  for (const pid of [0, 1, -1, Number.NaN, 1.5, -500]) {
    expect(signalGroup(pid, 'SIGTERM')).toBe(false)
    expect(signalProcess(tableOf([{ pid }]), { pid, birth: '1001' }, 'SIGTERM')).toBe(false)
  }
})

test('where there is no /proc, ps tells the group and the birth', async () => {
  const table = createProcessTable('ps')
  const child = spawn('sh', ['-c', 'sleep 600 & wait'], { detached: true })
  const entry = table.find(child.pid ?? 0)
  if (entry === null) throw new Error('the child is not in the table')
  expect(table.find(2 ** 30)).toBeNull()
  expect(isAlive(table, { pid: entry.pid, birth: 'Thu Jan  1 00:00:00 1970' })).toBe(false)
  const set = createProcessSet(table, { ...OURS, leader: entry, ancestor: entry, except: [] })
  expect(set.isAnyAlive()).toBe(true)
  set.signalAll('SIGKILL')
  await once(child, 'exit')
  await until('the group is gone', () => !set.isAnyAlive())
})

test('the table of this machine knows this process and its environment', async () => {
  const table = createProcessTable()
  const child = spawn('sleep', ['600'], { env: { PATH: '/bin:/usr/bin', MARK: 'ours' } })
  const pid = child.pid ?? 0
  expect(table.list().some((entry) => entry.pid === process.pid)).toBe(true)
  expect(table.find(2 ** 30)).toBeNull()
  const isOnLinux = process.platform === 'linux'
  expect(table.hasInEnvironment(pid, 'MARK=ours')).toBe(isOnLinux ? true : null)
  expect(table.hasInEnvironment(pid, 'MARK=our')).toBe(isOnLinux ? false : null)
  child.kill('SIGKILL')
  await once(child, 'exit')
})
