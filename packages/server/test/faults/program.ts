/** Runs the server's own program to its end, as a person at a terminal would see it, and looks at what it left. */
import { spawn } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

export interface Run {
  readonly code: number | null
  /** What was printed, both streams together. */
  readonly output: string
}

interface RunOptions {
  /** Runs as this user; only root may ask for that. */
  readonly uid?: number
}

/** Runs until it ends; one that does not end within a minute is killed, and has no code. */
export function runProgram(
  environment: Readonly<Record<string, string>>,
  { uid }: RunOptions = {},
): Promise<Run> {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SPILLWAY_PORT: '0', ...environment },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (output += piece.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    }),
  )
}

/** Every file below a folder with its size and time of change: equal before and after means that nothing was touched. */
export function contentsOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const { size, mtimeMs } = lstatSync(path)
      return `${path} ${size} ${mtimeMs}`
    })
    .toSorted()
}

function readWords(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended while we looked, or it is somebody else's.
    return ''
  }
}

/** Processes whose command line or environment names the folder. Empty where there is no /proc. */
export function processesOf(folder: string): readonly number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => readWords(`/proc/${pid}/${file}`).includes(folder)),
    )
    .map(Number)
}
