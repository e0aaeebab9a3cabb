/** The server's program, timed: from the call to the line that says that it is ready, with what each step took. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const READY = /Sign in as the operator/
/** `  ✓ PostgreSQL 18      1.5 s`, or with words before the time: `… (1.5 s)`. */
const STEP = /^ {2}✓ (.{18}) .*?([\d.]+) s\)?$/gm
const END_WITHIN_MS = 30_000

export interface Start {
  readonly pid: number
  readonly url: string
  readonly operatorToken: string
  readonly demoApiKey: string
  /** From the call until it is ready for its first request. */
  readonly readyMs: number
  /** Seconds by step, as it printed them. */
  readonly steps: ReadonlyMap<string, number>
  /** In order, as by Ctrl-C; or at once, as by a crash. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

export interface Place {
  /** The checkout that is started. */
  readonly root: string
  readonly dataDir: string
}

function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${output()}`)))
    child.stdout?.on('data', () => {
      if (READY.test(output())) resolve()
    })
  })
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill(signal)
  })
}

export async function start({ root, dataDir }: Place): Promise<Start> {
  const calledMs = performance.now()
  const child = spawn(process.execPath, [join(root, 'packages/server/src/main.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SPILLWAY_DATA_DIR: dataDir, SPILLWAY_PORT: '0' },
  })
  let output = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  await untilReady(child, () => output)
  const readyMs = performance.now() - calledMs
  const credentials = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as {
    readonly url: string
    readonly operator_token: string
    readonly demo_api_key: string
  }
  return {
    pid: child.pid ?? 0,
    url: credentials.url,
    operatorToken: credentials.operator_token,
    demoApiKey: credentials.demo_api_key,
    readyMs,
    steps: new Map(
      [...output.matchAll(STEP)].map(([, name = '', seconds]) => [name.trim(), Number(seconds)]),
    ),
    end: (signal) => end(child, signal),
  }
}

/** What the same machine needs to start and end a Node that does nothing. */
export async function startNothing(): Promise<number> {
  const calledMs = performance.now()
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('exit', resolve))
  return performance.now() - calledMs
}
