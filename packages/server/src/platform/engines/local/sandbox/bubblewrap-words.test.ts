/** The words of a sandbox: what is in it, and what must not be. */
import { expect, test } from 'vitest'
import { type SandboxDescription, bubblewrapWords } from './bubblewrap-words.ts'
import { minorOf, uidOf } from './sandbox-plan.ts'
import { readExitCode } from './sandbox-start.ts'

const DESCRIPTION: SandboxDescription = {
  programs: { bwrap: '/usr/bin/bwrap', setpriv: '/usr/bin/setpriv', prlimit: '/usr/bin/prlimit' },
  uid: null,
  ownUid: 1000,
  network: 'metadata',
  accelerator: 'cpu',
  devices: [],
  shared: [],
  hidden: ['/srv/spillway'],
  settings: { passwd: '/srv/spillway/engine/.sandbox/1000/passwd' },
  workFolder: '/srv/spillway/engine/att_1/work',
  noticeFolder: '/srv/spillway/engine/att_1/metadata',
  launcherFolder: '/srv/spillway/engine/.shim/1',
  node: '/opt/node/bin/node',
  groups: [],
  pin: [],
  image: null,
}

const lineOf = (changes: Partial<SandboxDescription> = {}) =>
  bubblewrapWords({ ...DESCRIPTION, ...changes }).join(' ')

test('an ordinary user gets a user namespace and no capability; root becomes somebody else inside', () => {
  expect(lineOf()).toContain('--unshare-user ')
  expect(lineOf()).not.toContain('--cap-add')
  expect(lineOf()).not.toContain('setpriv')
  const asRoot = lineOf({ uid: 60_578 })
  expect(asRoot).not.toContain('--unshare-user')
  expect(asRoot).toContain('/usr/bin/setpriv --reuid 60578 --regid 60578 --clear-groups')
})

test('the network is its own unless the operator lets it be the machine’s', () => {
  expect(lineOf()).toContain('--unshare-net')
  expect(lineOf()).not.toContain('resolv.conf')
  expect(lineOf({ network: 'host' })).not.toContain('--unshare-net')
  expect(lineOf({ network: 'host' })).toContain('/etc/resolv.conf')
})

test('the only path of the machine that it may write is its work folder', () => {
  const words = bubblewrapWords(DESCRIPTION)
  const writable = words.flatMap((word, at) => (word === '--bind' ? [words[at + 1]] : []))
  expect(writable).toEqual(['/srv/spillway/engine/att_1/work'])
})

test('a shared folder is read-only, and Spillway’s own within it stay hidden', () => {
  const line = lineOf({ shared: ['/srv'] })
  expect(line).toContain('--ro-bind-try /srv /srv')
  expect(line).toContain('--perms 0000 --tmpfs /srv/spillway')
  expect(lineOf({ shared: ['/srv/spill'] })).not.toContain('--tmpfs /srv/spillway')
})

test('only the devices of its own slots are there', () => {
  const line = lineOf({ accelerator: 'gpu', devices: ['/dev/nvidia3'] })
  expect(line.match(/--dev-bind-try \S+/g)).toEqual(['--dev-bind-try /dev/nvidia3'])
})

test('a machine without prlimit gets no limit of processes, and everything else', () => {
  const programs = { ...DESCRIPTION.programs, prlimit: null }
  expect(lineOf()).toContain('-- /usr/bin/prlimit --nproc=')
  expect(lineOf({ programs })).toContain('-- /run/spillway/node ')
})

test('different slots are different users, none of whom a system has', () => {
  const users = new Set(Array.from({ length: 606 }, (_, slot) => uidOf(slot)))
  expect(users.size).toBe(606)
  expect([...users].every((uid) => uid >= 60_578 && uid <= 61_183)).toBe(true)
})

test('the number of a GPU’s device file is what the driver says', () => {
  expect(minorOf('Model: \t\t NVIDIA H100\nDevice Minor: \t 5\nGPU Excluded:\t No\n')).toBe(5)
  expect(minorOf('')).toBeNull()
})

test('an exit code of bubblewrap is read as shells mean it', () => {
  expect(readExitCode(7)).toEqual({ exitCode: 7, exitSignal: null })
  expect(readExitCode(137)).toEqual({ exitCode: null, exitSignal: 'SIGKILL' })
  expect(readExitCode(255)).toEqual({ exitCode: 255, exitSignal: null })
})
