/**
 * An engine under test, as the conformance suite meets it: the commands in the engine's own terms, what it can do
 * beyond the core, and how to be sure that a test has got so far. Waits for conditions, never for a time.
 */
import { readFile } from 'node:fs/promises'
import type { Admission, Engine, ForeignWork, Observation } from '#platform/engines/engine.ts'
import { isLiving } from '#platform/processes/process-entry.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { until } from './until.ts'

type Command = readonly string[]

/** The commands that the suite needs, such as the engine runs them. `up` in the log says that one can be signalled. */
export interface BenchCommands {
  /** Ends by itself. */
  readonly exitWith: (code: number) => Command
  /** Logs `up` and runs until it is asked to stop, which it obeys. */
  readonly runForever: () => Command
  /** Logs `up`; a request to stop does nothing to it. */
  readonly ignoreStop: () => Command
  /** Logs `up`, and ends with the code when it is asked to stop. */
  readonly exitOnStop: (code: number) => Command
  /** Logs `up`, and at each SIGUSR1 `noticed` with the notice as it then stands; obeys a stop. */
  readonly tellNotices: () => Command
  /** Logs the text and ends with 0. */
  readonly print: (text: string) => Command
  /** Cannot start. */
  readonly missing: () => Command
  /** Stays `starting` for long, or until it is stopped. Absent where nothing can be made to. */
  readonly startSlowly?: () => Command
}

/** How a process of its own makes the engine over the same state; it is killed in every state of a lease. */
export interface BenchController {
  /** A module's URL. */
  readonly module: string
  /** Its export that makes the engine: `(argument) => Engine`. */
  readonly make: string
  /** Passed as JSON. */
  readonly argument: unknown
}

/** Work beside Spillway's. */
export interface ForeignBench {
  /** Submits work of the owner's people that runs until it is ended. Returns the run's id. */
  readonly submit: (job: {
    readonly name: string
    readonly nodes: number
    readonly gpusPerNode: number
  }) => Promise<string>
  readonly end: (runId: string) => Promise<void>
  /** Whether foreign work takes slots from spot attempts, as the owner's work does. */
  readonly preempts: boolean
}

/** Nodes that can be lost, and come back without the work that they had. */
export interface NodeFaultBench {
  readonly lose: (node: string) => Promise<void>
  readonly bringBack: (node: string) => Promise<void>
}

/** The engine itself stops answering. */
export interface OutageBench {
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
}

export interface EngineBench {
  readonly engine: Engine
  /** Another engine over the same attempts, as after a restart of the server or beside it. */
  readonly another: () => Engine
  /** Nodes that exist, each with at least two slots. More than one where gangs are possible. */
  readonly nodes: readonly [string, ...string[]]
  /** Slots of each of those nodes. */
  readonly slotsPerNode: number
  readonly acceleratorKind: 'gpu' | 'cpu'
  /** Whose attempts the suite runs; `owner` when absent. */
  readonly tenant?: Admission['tenant']
  readonly commands: BenchCommands
  readonly controller: BenchController
  /** Which slots of a node a command gets is the engine's choice; how many is not. */
  readonly picksSlots?: boolean
  /** By how much its own accounting may differ from what it told; absent where it keeps none. */
  readonly usageToleranceMs?: number
  readonly foreign?: ForeignBench
  readonly nodeFaults?: NodeFaultBench
  readonly outage?: OutageBench
  /** Ends whatever still runs, and removes what was written. */
  readonly dispose: () => Promise<void>
}

/** What an engine can do beyond the core; the suite asks nothing else of it. */
export interface EngineTraits {
  /** Several nodes, and attempts over them. */
  readonly hasGangs?: boolean
  /** Its commands are processes of this machine, which can look around and be looked at. */
  readonly hasRealProcesses?: boolean
  /** A drain shows in its inventory. */
  readonly tellsDrains?: boolean
  /** The bench has `usageToleranceMs`. */
  readonly keepsAccounts?: boolean
  /** The bench has `foreign`. */
  readonly hasForeignWork?: boolean
  /** The bench has `nodeFaults`. */
  readonly hasNodeFaults?: boolean
  /** The bench has `outage`. */
  readonly hasOutages?: boolean
  /** Attempts answer at ports, and have terminals. */
  readonly hasDoors?: boolean
  /** Inputs are fetched, outputs sent, and artifacts kept for the next attempt. */
  readonly carriesFiles?: boolean
  /** The bench has the command `startSlowly`. */
  readonly startsSlowly?: boolean
}

/** What a test of the suite works with. */
export interface Stage {
  readonly bench: EngineBench
  /** The attempt that most tests are about. */
  readonly it: AttemptName
  readonly admission: (changes?: Partial<Admission>) => Admission
  /** Admits `it`, with changes. */
  readonly run: (changes?: Partial<Admission>) => Promise<void>
}

/** Tests of one subject. The stage is another for each test. */
export type Suite = (stage: () => Stage, can: EngineTraits) => void

/** Declares tests of what an engine can do beyond the core; others have no such tests, rather than skipped ones. */
export function where(isSo: boolean | undefined, declare: () => void): void {
  if (isSo === true) declare()
}

/** The names under which the suite runs its attempts: engines that share a cluster over tests can make them unique. */
export interface AttemptName {
  readonly attemptId: string
  readonly leaseId: string
}

let attemptsTotal = 0

/** A name that no other test of this machine has used. */
export function newAttempt(): AttemptName {
  attemptsTotal += 1
  const leaseId = `lse_c${process.pid}x${attemptsTotal}`
  return { leaseId, attemptId: `${leaseId}-1` }
}

/** Runs `node -e <script>`; the script may leave its arguments out of account. */
export function script(source: string): readonly string[] {
  return [process.execPath, '-e', source]
}

export const WAIT_FOREVER = 'setInterval(() => {}, 1000);'

/** The commands as processes, for engines that run them on this machine. */
export const PROCESS_COMMANDS: BenchCommands = {
  exitWith: (code) => ['sh', '-c', `exit ${code}`],
  runForever: () => ['sh', '-c', 'echo up; exec sleep 600'],
  ignoreStop: () => ['sh', '-c', `trap '' TERM; echo up; while :; do sleep 0.05; done`],
  exitOnStop: (code) => [
    'sh',
    '-c',
    `trap 'exit ${code}' TERM; echo up; while :; do sleep 0.05; done`,
  ],
  tellNotices: () => [
    'sh',
    '-c',
    `trap 'echo noticed; cat "$SPILLWAY_NOTICE_FILE"' USR1; trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`,
  ],
  print: (text) => ['echo', text],
  missing: () => ['no-such-command'],
}

/** An admission of one slot that runs until it is stopped, with changes. */
export function admissionOf(bench: EngineBench, changes: Partial<Admission> = {}): Admission {
  return {
    attemptId: 'att_1',
    leaseId: 'lse_1',
    organizationId: 'org_1',
    tenant: bench.tenant ?? 'owner',
    kind: 'spot',
    placements: [{ node: bench.nodes[0], slots: [0] }],
    acceleratorKind: bench.acceleratorKind,
    command: bench.commands.runForever(),
    environment: {},
    workingDirectory: null,
    timeLimitMs: null,
    ...changes,
  }
}

export type Gone = Extract<Observation, { state: 'gone' }>
export type Running = Extract<Observation, { state: 'running' }>

export function untilGone(engine: Engine, attemptId = 'att_1'): Promise<Gone> {
  return until(`${attemptId} is gone`, async () => {
    const observation = await engine.observe(attemptId)
    return observation.state === 'gone' && observation
  })
}

export function untilRunning(engine: Engine, attemptId: string): Promise<Running> {
  return until(`${attemptId} runs`, async () => {
    const observation = await engine.observe(attemptId)
    if (observation.state === 'gone') throw new Error(`${attemptId} is gone: ${observation.text}`)
    return observation.state === 'running' && observation
  })
}

export async function readLog(engine: Engine, attemptId = 'att_1'): Promise<string> {
  const log = await engine.log(attemptId)
  return log === null ? '' : readFile(log.path, 'utf8')
}

/** Waits until the command has written the text, as proof that it got so far. */
export function untilLogged(engine: Engine, text: string, attemptId = 'att_1'): Promise<boolean> {
  return until(`${text} is logged`, async () => (await readLog(engine, attemptId)).includes(text))
}

/** Waits until the engine tells of the foreign run in this state. */
export function untilForeign(
  engine: Engine,
  runId: string,
  state: ForeignWork['state'],
): Promise<ForeignWork> {
  return until(`the foreign run ${runId} is ${state}`, async () => {
    const { work } = await engine.foreign()
    return work.find((each) => each.runId === runId && each.state === state)
  })
}

/** Whether the pid runs code; whether its parent has taken note of its end is nobody's concern here. */
export function isRunning(pid: number): boolean {
  const entry = createProcessTable().find(pid)
  return entry !== null && isLiving(entry)
}
