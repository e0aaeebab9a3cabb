/**
 * Gives a sandbox that waits for it a way out: a process outside that carries what its rules let pass. It lives exactly as
 * long as the sandbox, whatever becomes of who started it.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { GATE_FD, TIE_FD } from './bubblewrap-words.ts'

const UPLINK_TIE_FD = 3
const UPLINK_READY_FD = 4
const READY_TIMEOUT_MS = 10_000

export interface Uplink {
  /** The words that run it, up to the pid. */
  readonly words: readonly string[]
  /** Whether to hear why it fails. What goes on running has nobody to tell. */
  readonly isTrial: boolean
}

/** Null when the sandbox goes on with a way out; otherwise why there is none, and it still waits. */
export async function openUplink(
  sandbox: ChildProcess,
  { words, isTrial }: Uplink,
): Promise<string | null> {
  const [program = '', ...others] = words
  const ready = [`--exit-fd=${UPLINK_TIE_FD}`, `--ready-fd=${UPLINK_READY_FD}`]
  const stdio = sandbox.stdio as readonly unknown[]
  const child = spawn(program, [...others, ...ready, String(sandbox.pid), 'tap0'], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', isTrial ? 'pipe' : 'ignore', stdio[TIE_FD] as Writable, 'pipe'],
    // In no group or cgroup of the attempt: until the last of it is gone, a command may want to send what it has.
    detached: true,
  })
  ;(stdio[TIE_FD] as Writable).destroy()
  let complaint = ''
  child.stderr?.on('data', (piece: Buffer) => (complaint += piece.toString()))
  const isReady = await untilReady(child)
  if (!isReady) {
    child.kill('SIGKILL')
    return `slirp4netns: ${firstComplaint(complaint) ?? 'it ended before it was ready'}`
  }
  child.stderr?.resume()
  child.unref()
  ;(stdio[GATE_FD] as Writable).end('\n')
  return null
}

async function untilReady(child: ChildProcess): Promise<boolean> {
  const signs = (child.stdio as readonly unknown[])[UPLINK_READY_FD] as Readable
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS)
  try {
    const [outcome] = await Promise.race([
      once(signs, 'data').then(() => ['ready']),
      once(child, 'close').then(() => ['ended']),
    ])
    return outcome === 'ready'
  } catch {
    // It could not even be started.
    return false
  } finally {
    clearTimeout(timer)
    signs.destroy()
  }
}

/** What follows the first complaint only says that it ends for it. */
function firstComplaint(text: string): string | null {
  const lines = text.trim().split('\n')
  return lines.find((line) => !/^(WARNING|sent|received) ?/.test(line)) || null
}
