/** Finds out once whether sandboxes work here, by making one, and says what it means for customers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Isolation } from '#platform/engines/engine.ts'
import { findProgram } from '#platform/processes/program-path.ts'
import type { CgroupsAllowed } from '../cgroups/cgroups.ts'
import { ANSWER_FD, FILTER_FD, INSIDE, bubblewrapWords } from './bubblewrap-words.ts'
import type { SandboxMaker } from './sandbox-plan.ts'
import { uidOf, writeSettings } from './sandbox-plan.ts'
import { renderSeccompFilter } from './seccomp-filter.ts'

const TRIAL_TIMEOUT_MS = 20_000

/** What the operator asks for. */
export type IsolationWanted = 'auto' | 'bubblewrap' | 'none'

export interface IsolationFound {
  readonly isolation: Isolation
  /** Null where there are no sandboxes. */
  readonly maker: SandboxMaker | null
}

export interface IsolationPlace {
  readonly wanted: IsolationWanted
  /** The PATH variable. */
  readonly path: string
  readonly cgroups: CgroupsAllowed
  readonly sandboxes: Omit<SandboxMaker, 'programs' | 'isRoot'>
}

export async function findIsolation({
  wanted,
  path,
  sandboxes,
  cgroups,
}: IsolationPlace): Promise<IsolationFound> {
  if (wanted === 'none') return { isolation: NONE, maker: null }
  const find = (name: string) => {
    const search = findProgram(name, { path, directory: '/' })
    return search.kind === 'found' ? search.path : null
  }
  const bwrap = find('bwrap')
  if (bwrap === null) return ownerOnly('bubblewrap is not installed')
  const isRoot = process.getuid?.() === 0
  const programs = { bwrap, setpriv: find('setpriv'), prlimit: find('prlimit') }
  if (isRoot && programs.setpriv === null)
    return ownerOnly('setpriv of util-linux, which root needs for it, is not installed')
  if (renderSeccompFilter(process.arch) === null)
    return ownerOnly(`the system calls of ${process.arch} are not known`)
  const maker = { ...sandboxes, programs, isRoot }
  const trouble = await tryOut(maker)
  return trouble === null ? { isolation: describe(maker, cgroups), maker } : ownerOnly(trouble)
}

const NONE: Isolation = {
  kind: 'none',
  text: 'none: commands of customers run as the server’s own user and see all that it sees',
}

function ownerOnly(why: string): IsolationFound {
  const text = `there is no sandbox to keep them in, because ${why}`
  return { isolation: { kind: 'owner_only', text }, maker: null }
}

function describe({ programs, isRoot, network }: SandboxMaker, cgroups: CgroupsAllowed): Isolation {
  const user = isRoot ? 'as users of their own' : 'in a user namespace'
  const limits = describeLimits(cgroups, programs.prlimit !== null)
  const reach = network === 'host' ? 'on the network of this machine' : 'without a network'
  const text = `commands of customers run in bubblewrap, ${user}, ${reach}, ${limits}`
  return { kind: 'sandbox', text }
}

const LIMITED = { memory: 'memory', pids: 'processes', cpu: 'CPU time' } as const

/** Which limits apply, and why others do not. */
export function describeLimits(
  { controllers, whyNot }: Pick<CgroupsAllowed, 'controllers' | 'whyNot'>,
  hasPrlimit: boolean,
): string {
  const names = controllers.map((name) => LIMITED[name])
  if (hasPrlimit && !controllers.includes('pids')) names.push('processes')
  const limited = names.length === 0 ? 'without limits' : `with limits on ${listed(names)}`
  if (controllers.includes('memory')) return limited
  const reason = whyNot ?? 'the cgroups here have no controller for it'
  return `${limited}, and none on memory (${reason})`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Makes a sandbox just as for a lease, and leaves nothing behind. Null when it works, else why not. */
async function tryOut(maker: SandboxMaker): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-sandbox-'))
  try {
    return await tryOutIn(folder, maker)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function tryOutIn(folder: string, maker: SandboxMaker): Promise<string | null> {
  const uid = maker.isRoot ? uidOf(0) : null
  const words = bubblewrapWords({
    ...maker,
    uid,
    accelerator: 'cpu',
    devices: [],
    settings: await writeSettings(folder, uid ?? process.getuid?.() ?? 0),
    workFolder: folder,
    noticeFolder: folder,
    launcherFolder: folder,
    node: process.execPath,
    groups: [],
    pin: [],
  })
  const [bwrap = '', ...others] = words.slice(0, words.lastIndexOf(INSIDE.node) + 1)
  return runTrial([bwrap, '--die-with-parent', ...others, '--version'])
}

async function runTrial([file = '', ...words]: readonly string[]): Promise<string | null> {
  const stdio = ['ignore', 'ignore', 'pipe', 'ignore', 'pipe', 'pipe'] as const
  const child = spawn(file, words, {
    cwd: '/',
    env: {},
    stdio: [...stdio],
    timeout: TRIAL_TIMEOUT_MS,
  })
  const filter = child.stdio[FILTER_FD] as Writable
  // A bubblewrap that ends at once does not read it; its own words tell why.
  filter.on('error', () => {})
  filter.end(renderSeccompFilter(process.arch))
  ;((child.stdio as readonly unknown[])[ANSWER_FD] as Readable).resume()
  let complaint = ''
  child.stderr?.on('data', (piece: Buffer) => (complaint += piece.toString()))
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (code === 0) return null
    return complaint.trim().split('\n').at(-1) || `bubblewrap ended with ${signal ?? code}`
  } catch (error) {
    return (error as Error).message
  }
}
