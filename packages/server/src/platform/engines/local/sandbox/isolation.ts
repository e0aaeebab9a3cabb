/** Finds out once whether sandboxes work here, by making one, and says what it means for customers. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Isolation } from '#platform/engines/engine.ts'
import { findProgram } from '#platform/processes/program-path.ts'
import type { CgroupsAllowed } from '../cgroups/cgroups.ts'
import { ANSWER_FD, FILTER_FD, INSIDE, bubblewrapWords } from './bubblewrap-words.ts'
import { findOutboundPrograms, nameserversOf } from './outbound.ts'
import type { OutboundMaker } from './outbound.ts'
import type { SandboxMaker } from './sandbox-plan.ts'
import { planNetwork, uidOf, writeSettings } from './sandbox-plan.ts'
import { renderSeccompFilter } from './seccomp-filter.ts'
import { openUplink } from './uplink.ts'

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
  readonly sandboxes: Omit<SandboxMaker, 'programs' | 'isRoot' | 'outbound'>
  /** For a network that leads out. */
  readonly outbound: Omit<OutboundMaker, 'programs'>
}

type Find = (name: string) => string | null

export async function findIsolation(place: IsolationPlace): Promise<IsolationFound> {
  const { wanted, path, sandboxes, cgroups } = place
  if (wanted === 'none') return { isolation: NONE, maker: null }
  // Some are in folders that the PATH of an ordinary user lacks.
  const find: Find = (name) => {
    const search = findProgram(name, { path: `${path}:/usr/sbin:/sbin`, directory: '/' })
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
  const outbound = await findOutbound(place, find)
  if (typeof outbound === 'string') return ownerOnly(outbound)
  const maker = { ...sandboxes, programs, isRoot, outbound }
  const trouble = await tryOut(maker)
  return trouble === null ? { isolation: describe(maker, cgroups), maker } : ownerOnly(trouble)
}

/** Null where none is wanted; a text where it cannot be had. */
async function findOutbound(
  { sandboxes, outbound }: IsolationPlace,
  find: Find,
): Promise<OutboundMaker | string | null> {
  if (sandboxes.network !== 'outbound') return null
  const programs = findOutboundPrograms(find)
  if (typeof programs === 'string') return programs
  const maker = { ...outbound, programs }
  const canResolve = (await nameserversOf(maker)).length > 0
  return canResolve
    ? maker
    : 'this machine asks itself for names, which a sandbox cannot: list `nameservers` under `outbound` of the pool'
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
  const text = `commands of customers run in bubblewrap, ${user}, ${REACH[network]}, ${limits}`
  return { kind: 'sandbox', text }
}

const REACH = {
  metadata: 'without a network',
  outbound: 'with a way out to the internet (slirp4netns)',
  host: 'on the network of this machine',
} as const

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
  const ownUid = uid ?? process.getuid?.() ?? 0
  const network = await planNetwork(maker)
  const words = bubblewrapWords({
    ...maker,
    ...{ uid, ownUid },
    accelerator: 'cpu',
    devices: [],
    settings: await writeSettings(folder, ownUid, network?.resolver),
    workFolder: folder,
    noticeFolder: folder,
    launcherFolder: folder,
    node: process.execPath,
    groups: [],
    pin: [],
    image: null,
  })
  const [bwrap = '', ...others] = words.slice(0, words.lastIndexOf(INSIDE.node) + 1)
  const trial = [...(network?.fence ?? []), bwrap, '--die-with-parent', ...others, '--version']
  return runTrial(trial, network?.uplink ?? null)
}

async function runTrial(
  [file = '', ...words]: readonly string[],
  uplink: readonly string[] | null,
): Promise<string | null> {
  const child = spawn(file, words, {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    timeout: TRIAL_TIMEOUT_MS,
  })
  const filter = child.stdio[FILTER_FD] as Writable
  // A bubblewrap that ends at once does not read it; its own words tell why.
  filter.on('error', () => {})
  filter.end(renderSeccompFilter(process.arch))
  const answer = (child.stdio as readonly unknown[])[ANSWER_FD] as Readable
  for (const pipe of child.stdio.slice(ANSWER_FD + 1)) (pipe as Readable).resume()
  let complaint = ''
  child.stderr?.on('data', (piece: Buffer) => (complaint += piece.toString()))
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  try {
    const answered = Promise.race([once(answer, 'end'), closed])
    const why = await leadOut(child, uplink, { answer, answered })
    const [code, signal] = await closed
    if (code === 0) return null
    return why ?? (complaint.trim().split('\n').at(-1) || `bubblewrap ended with ${signal ?? code}`)
  } catch (error) {
    return (error as Error).message
  }
}

interface TrialAnswer {
  readonly answer: Readable
  readonly answered: Promise<unknown>
}

/** Null when there is a way out, or none is wanted. The trial ends where there is none. */
async function leadOut(
  child: ChildProcess,
  uplink: readonly string[] | null,
  { answer, answered }: TrialAnswer,
): Promise<string | null> {
  let isMade = false
  answer.on('data', () => (isMade = true))
  await answered
  if (uplink === null || !isMade) return null
  const why = await openUplink(child, { words: uplink, isTrial: true })
  if (why === null) return null
  child.kill('SIGKILL')
  // The half that waits at the gate sees it gone, and ends too.
  for (const pipe of child.stdio) pipe?.destroy()
  return why
}
