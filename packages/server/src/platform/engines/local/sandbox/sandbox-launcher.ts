/**
 * The first program in a sandbox. It opens a port on the sandbox's own loopback and hands it to the shim outside, which
 * answers there for the metadata; then it becomes the command. Node's own modules only, and nothing of it stays.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { resolveCommand } from '../command-resolution.ts'
import { isOwnMachine, readElfHead } from './elf.ts'
import type { LaunchOrder, LauncherWord } from './launcher-channel.ts'

/** When memory runs out, the kernel ends what a customer runs before what keeps the machine going. */
const OOM_SCORE = '900'
/** The kernel takes no longer single word. */
const WORD_BYTES_MAX = 131_071
const WORDS_BYTES_MAX = 1_900_000

function say(word: LauncherWord, socket?: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null) => (error === null ? resolve() : reject(error))
    process.send?.(word, socket, undefined, done)
  })
}

function fail(text: string): void {
  say({ kind: 'failed', text }).then(
    () => process.exit(1),
    () => process.exit(1),
  )
}

/** Why the system would refuse to run the file, which must be known before there is no way back. */
function whyUnrunnable(file: string, words: readonly string[]): string | null {
  const sizes = words.map((word) => Buffer.byteLength(word) + 9)
  if (
    Math.max(...sizes) > WORD_BYTES_MAX ||
    sizes.reduce((sum, size) => sum + size, 0) > WORDS_BYTES_MAX
  )
    return 'the arguments and environment are too long'
  const head = readHead(file)
  if (head === null) return null
  if (head.toString('latin1', 0, 4) === '\x7fELF') return whyNoProgram(head)
  const interpreter = /^#! *(\S+)/.exec(head.toString('latin1'))?.[1]
  if (interpreter === undefined) return 'not a program that this machine can run'
  return readHead(interpreter) === null ? `its interpreter ${interpreter} is not here` : null
}

/** What the system would refuse, or could not even begin, once there is no way back. */
function whyNoProgram(head: Buffer): string | null {
  const elf = readElfHead(head)
  if (elf === null) return null
  if (!isOwnMachine(elf, process.arch)) return 'a program for another kind of processor'
  const isHere = elf.loader === null || readHead(elf.loader) !== null
  return isHere ? null : `its loader ${elf.loader} is not here`
}

/** Null for a file that may be run but not read, and for one that is not there. */
function readHead(path: string): Buffer | null {
  try {
    const file = openSync(path, 'r')
    const bytes = Buffer.alloc(4096)
    const length = readSync(file, bytes, 0, bytes.length, 0)
    closeSync(file)
    return bytes.subarray(0, length)
  } catch {
    // The caller knows which of the two it asks about.
    return null
  }
}

/** Whoever started the server may have left files open; a customer gets none of them. */
function closeInherited(): void {
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const file = Number(name)
    if (file <= 2 || closesOnExec(file)) continue
    try {
      closeSync(file)
    } catch {
      // The list itself was open while it was read.
    }
  }
}

function closesOnExec(file: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'latin1'))
    return (Number.parseInt(flags?.[1] ?? '0', 8) & 0o2000000) !== 0
  } catch {
    // Closed since.
    return true
  }
}

/**
 * Apart from the command, which must not find it among its children: the program that starts it ends at once. Resolves
 * when it takes connections.
 */
async function startRelay(
  port: number,
  door: Server,
  [program = '', ...words]: readonly string[],
): Promise<void> {
  const relay = spawn(program, [...words, String(port)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const isStarted = once(relay, 'exit')
  relay.send({}, door)
  await once(relay, 'message')
  await isStarted
  door.close()
}

function become(order: LaunchOrder): void {
  const resolved = resolveCommand(order)
  if (resolved.kind === 'failed') return fail(resolved.text)
  const { file, words, argv0 } = resolved
  const variables = Object.entries(order.environment).map(([name, value]) => `${name}=${value}`)
  const why = whyUnrunnable(file, [argv0, ...words, ...variables])
  if (why !== null) return fail(`${argv0}: ${why}`)
  process.chdir(order.workingDirectory)
  // Node ignores this signal, and what is ignored stays so in the next program; what is handled does not.
  process.on('SIGPIPE', () => {})
  process.disconnect()
  closeInherited()
  process.execve?.(file, [argv0, ...words], { ...order.environment })
}

async function obey(order: LaunchOrder, door: Server | undefined): Promise<void> {
  writeFileSync('/proc/self/oom_score_adj', OOM_SCORE)
  if (order.servicePort !== null && door) await startRelay(order.servicePort, door, order.relay)
  become(order)
}

process.once('message', (order, door) => {
  obey(order as LaunchOrder, door as Server | undefined).catch((error: unknown) =>
    fail(String(error)),
  )
})
process.once('disconnect', () => process.exit(1))
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  say({ kind: 'listening', port }, server).then(
    () => server.close(),
    () => process.exit(1),
  )
})
