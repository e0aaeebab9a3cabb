/** What machines tell of their cgroups, and what is written into them, for both versions. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shareOf } from './cgroups.ts'
import { delegate, isOneFamily } from './delegation.ts'
import { findHierarchies, groupFolder } from './hierarchies.ts'
import { limitFiles, parseOomKills, renderBytes } from './limit-files.ts'

const mount = (root: string, point: string, rest: string) =>
  `36 24 0:30 ${root} ${point} rw,nosuid,relatime shared:9 - ${rest}`

describe('the hierarchies of a machine', () => {
  test('with version 2: one, and the group of this process in it', () => {
    const mounts = mount('/', '/sys/fs/cgroup', 'cgroup2 cgroup2 rw,nsdelegate')
    const group = '0::/system.slice/spillway.service\n'
    expect(findHierarchies(mounts, group)).toEqual([
      {
        version: 2,
        controllers: [],
        top: '/sys/fs/cgroup',
        here: '/sys/fs/cgroup/system.slice/spillway.service',
      },
    ])
  })

  test('with version 1: one for each controller, alone or with others', () => {
    const mounts = [
      mount('/', '/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory'),
      mount('/', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
      mount('/', '/sys/fs/cgroup/pids', 'cgroup cgroup rw,pids'),
      mount('/', '/sys/fs/cgroup/systemd', 'cgroup cgroup rw,name=systemd'),
    ].join('\n')
    const groups = '9:name=systemd:/init\n4:memory:/jobs/7\n3:cpu,cpuacct:/\n2:pids:/jobs\n'
    const found = findHierarchies(mounts, groups)
    expect(found.map(({ version, controllers, here }) => [version, controllers, here])).toEqual([
      [1, ['memory'], '/sys/fs/cgroup/memory/jobs/7'],
      [1, ['cpu'], '/sys/fs/cgroup/cpu,cpuacct'],
      [1, ['pids'], '/sys/fs/cgroup/pids/jobs'],
    ])
  })

  test('with both: version 1 has what it has, and version 2 is there too', () => {
    const mounts = [
      mount('/', '/sys/fs/cgroup/pids', 'cgroup cgroup rw,pids'),
      mount('/', '/sys/fs/cgroup/unified', 'cgroup2 cgroup2 rw'),
    ].join('\n')
    const found = findHierarchies(mounts, '8:pids:/\n0::/user.slice\n')
    expect(found.map(({ version }) => version)).toEqual([1, 2])
  })

  test('in a container: its own part stands where it was mounted', () => {
    const inDocker = mount('/docker/ab', '/sys/fs/cgroup/memory', 'cgroup cgroup rw,memory')
    const hereOf = (mounts: string, group: string) => findHierarchies(mounts, group)[0]?.here
    expect(hereOf(inDocker, '4:memory:/docker/ab\n')).toBe('/sys/fs/cgroup/memory')
    expect(hereOf(inDocker, '4:memory:/docker/ab/x\n')).toBe('/sys/fs/cgroup/memory/x')
    expect(hereOf(inDocker, '4:memory:/docker/abc\n')).toBe('/sys/fs/cgroup/memory')
    const outside = mount('/..', '/sys/fs/cgroup', 'cgroup2 cgroup2 rw')
    expect(hereOf(outside, '0::/../../elsewhere\n')).toBe('/sys/fs/cgroup')
  })

  test('are none where there are no cgroups, and blanks in a path are read', () => {
    expect(findHierarchies(mount('/', '/proc', 'proc proc rw'), '')).toEqual([])
    const odd = mount('/', '/mnt/my\\040groups', 'cgroup2 cgroup2 rw')
    expect(findHierarchies(odd, '0::/\n')[0]?.top).toBe('/mnt/my groups')
  })

  test('a server that stepped aside makes groups where it was before', () => {
    expect(groupFolder({ here: '/g/spillway.service/spillway-server' })).toBe('/g/spillway.service')
    expect(groupFolder({ here: '/g/spillway.service' })).toBe('/g/spillway.service')
  })
})

describe('what version 2 wants of a folder before groups in it have limits', () => {
  test('is written when it is not so yet, for the controllers that there are and no others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-cgroup-'))
    const control = join(folder, 'cgroup.subtree_control')
    await writeFile(join(folder, 'cgroup.controllers'), 'cpuset cpu io pids\n')
    await writeFile(control, 'cpuset\n')
    expect(delegate(folder)).toEqual(['pids', 'cpu'])
    expect(await readFile(control, 'utf8')).toBe('+pids +cpu')
    await writeFile(control, 'cpuset cpu pids\n')
    expect(delegate(folder)).toEqual(['pids', 'cpu'])
    expect(await readFile(control, 'utf8')).toBe('cpuset cpu pids\n')
    await rm(folder, { recursive: true })
  })

  test('moves the server, what started it and what it started, and nothing else', () => {
    // given 1 – 10 (a shell) – 20 (the server) – 30 (its database) – 31, and 11 beside the server
    const parents = new Map([
      [10, 1],
      [11, 10],
      [20, 10],
      [30, 20],
      [31, 30],
    ])
    const isFamily = (...pids: number[]) => isOneFamily(pids, (pid) => parents.get(pid) ?? null, 20)
    expect(isFamily(20)).toBe(true)
    expect(isFamily(10, 20, 30, 31)).toBe(true)
    expect(isFamily(10, 11, 20)).toBe(false)
    expect(isFamily(20, 99)).toBe(false)
  })
})

describe('the files of limits', () => {
  const limits = { memoryBytesMax: 2 ** 30, processesMax: 512, slotCount: 2, cpuCount: 1 }
  const linesOf = (version: 1 | 2, changes = {}) =>
    limitFiles(version, ['memory', 'pids', 'cpu'], { ...limits, ...changes }).map(
      ({ name, value }) => `${name} ${value}`,
    )

  test('of version 1: memory before memory with swap, which must not be less', () => {
    expect(linesOf(1)).toEqual([
      'memory.limit_in_bytes 1073741824',
      'memory.memsw.limit_in_bytes 1073741824',
      'pids.max 512',
      'cpu.shares 2048',
      'cpu.cfs_period_us 100000',
      'cpu.cfs_quota_us 100000',
    ])
  })

  test('of version 2: no swap, and all of it ends where memory does', () => {
    expect(linesOf(2)).toEqual([
      'memory.max 1073741824',
      'memory.swap.max 0',
      'memory.oom.group 1',
      'pids.max 512',
      'cpu.weight 200',
      'cpu.max 100000 100000',
    ])
  })

  test('weigh CPU time by slots within the kernel’s bounds, and bound it only where slots are CPUs', () => {
    expect(linesOf(1, { slotCount: 1000, cpuCount: null }).slice(3)).toEqual(['cpu.shares 262144'])
    expect(linesOf(2, { slotCount: 1000, cpuCount: null }).slice(4)).toEqual(['cpu.weight 10000'])
  })

  test('are only those of the controllers that there are', () => {
    expect(limitFiles(2, ['pids'], limits).map(({ name }) => name)).toEqual(['pids.max'])
  })
})

test('the kernel’s count of processes ended for want of memory is read from either version', () => {
  expect(parseOomKills('oom_kill_disable 0\nunder_oom 0\noom_kill 3\n')).toBe(3)
  expect(parseOomKills('low 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 1\n')).toBe(1)
  expect(parseOomKills('')).toBe(0)
})

test('slots share a machine’s memory but for what itself needs', () => {
  expect(shareOf(16 * 2 ** 30, 4)).toBe(3.5 * 2 ** 30)
  expect(shareOf(1024 * 2 ** 30, 8)).toBe(127.5 * 2 ** 30)
  expect(shareOf(10 * 2 ** 30, 3) % 4096).toBe(0)
})

test('sizes are told in the unit that fits', () => {
  expect([64 * 2 ** 20, 3.5 * 2 ** 30, 12].map(renderBytes)).toEqual([
    '64 MiB',
    '3.5 GiB',
    '12 bytes',
  ])
})
