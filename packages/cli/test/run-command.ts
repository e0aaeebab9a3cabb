/** Runs the real `spillway` binary as a person's shell would, in a folder and environment of the test's choosing. */
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BINARY = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const TIMEOUT_MS = 60_000

export interface Ran {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ran>
  /** Resolves when the text has been written to either stream. */
  readonly shows: (text: string) => Promise<void>
}

export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  readonly stdin?: string
}

export function startCommand(words: readonly string[], options: RunOptions): Running {
  const child = spawn(process.execPath, [BINARY, ...words], {
    cwd: options.folder,
    // Nothing of the developer's own environment may decide a test.
    env: { PATH: process.env['PATH'], HOME: options.folder, NO_COLOR: '1', ...options.environment },
    stdio: 'pipe',
    timeout: TIMEOUT_MS,
  })
  let stdout = ''
  let stderr = ''
  let onText = (): void => undefined
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    onText()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    onText()
  })
  child.stdin.end(options.stdin ?? '')
  const ended = new Promise<Ran>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
  const shows = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      onText = () => {
        if (stdout.includes(text) || stderr.includes(text)) done()
      }
      onText()
      void ended.then(() => fail(new Error(`it ended without “${text}”:\n${stdout}\n${stderr}`)))
    })
  return { child, ended, shows }
}

export function runCommand(words: readonly string[], options: RunOptions): Promise<Ran> {
  return startCommand(words, options).ended
}
