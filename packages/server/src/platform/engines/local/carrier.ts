/**
 * Runs inside a lease, in front of its command: fetches its inputs, runs the command, sends its outputs. Node's own
 * modules only. It is the command as far as anybody sees: it ends as the command ends, unless a file cannot be carried.
 *
 * Usage: node carrier.mjs <command> <words…>
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { INPUT_FAILED, OUTPUT_FAILED, REASON_PREFIX, TRANSFERS_NAME } from './transfers.ts'

const TRIES_MAX = 3
const TRY_AGAIN_MS = 500
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

interface Transfer {
  readonly path: string
  readonly url: string
  readonly sha256?: string
}

/** Trying again would not help. */
class Refused extends Error {}

function fail(code: number, text: string): never {
  process.stderr.write(`${REASON_PREFIX}${text}\n`)
  process.exit(code)
}

function why(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? message
}

async function repeatedly(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      if (error instanceof Refused || attempt === TRIES_MAX) throw error
      await pause(TRY_AGAIN_MS * attempt)
    }
}

function judge(response: Response): void {
  if (response.ok) return
  const text = `${response.status} ${response.statusText}`.trim()
  throw response.status >= 500 || response.status === 429 ? new Error(text) : new Refused(text)
}

async function fetchInput({ path, url, sha256 }: Transfer): Promise<void> {
  const response = await fetch(url)
  judge(response)
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform: (piece: Buffer, _, done) => {
      hash.update(piece)
      done(null, piece)
    },
  })
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.part`
  try {
    const body = response.body ? Readable.fromWeb(response.body as never) : Readable.from([])
    await pipeline(body, hashing, createWriteStream(part))
    const found = hash.digest('hex')
    if (sha256 !== undefined && found !== sha256) throw new Refused(`its sha256 is ${found}`)
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC'
    throw isFull ? new Refused('the disk is full') : error
  }
}

async function sendOutput({ path, url }: Transfer): Promise<void> {
  const status = await stat(path).catch(() => null)
  if (!status?.isFile()) throw new Refused('there is no such file')
  const response = await fetch(url, {
    method: 'PUT',
    body: Readable.toWeb(createReadStream(path)) as never,
    headers: { 'content-length': String(status.size) },
    duplex: 'half',
  } as never)
  judge(response)
  await response.body?.cancel()
}

function runCommand(
  words: readonly string[],
): Promise<{ code: number | null; signal: string | null }> {
  const [command = '', ...rest] = words
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== TRANSFERS_NAME),
  )
  const child = spawn(command, rest, { stdio: 'inherit', env: environment })
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const text = error.code === 'ENOENT' ? 'command not found' : error.message
      fail(INPUT_FAILED, `${command}: ${text}`)
    })
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
}

async function main(): Promise<void> {
  const { inputs, outputs, readyPath } = JSON.parse(process.env[TRANSFERS_NAME] ?? '') as {
    inputs: readonly Transfer[]
    outputs: readonly Transfer[]
    readyPath?: string
  }
  for (const input of inputs)
    await repeatedly(() => fetchInput(input)).catch((error: unknown) =>
      fail(INPUT_FAILED, `the input ${input.path} cannot be fetched: ${why(error)}`),
    )
  if (readyPath !== undefined) await writeFile(readyPath, '{}')
  // Signals reach the command by itself, because it is of the same group.
  for (const signal of FORWARDED) process.on(signal, () => {})
  const { code, signal } = await runCommand(process.argv.slice(2))
  const failures: string[] = []
  for (const output of outputs)
    await repeatedly(() => sendOutput(output)).catch((error: unknown) =>
      failures.push(`the output ${output.path} cannot be sent: ${why(error)}`),
    )
  if (signal !== null) {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    await pause(1000)
  }
  if (code === 0 && failures.length > 0) fail(OUTPUT_FAILED, failures.join('; '))
  for (const failure of failures) process.stderr.write(`${REASON_PREFIX}${failure}\n`)
  process.exit(code ?? 1)
}

await main()
