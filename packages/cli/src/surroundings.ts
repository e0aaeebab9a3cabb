/**
 * What the command stands on: arguments, environment, files, streams, clock. The only file that touches the process;
 * everything else is handed this, so tests can hand over their own. Decides nothing.
 */
import {
  closeSync,
  mkdirSync,
  openAsBlob,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

export interface TextStream {
  readonly isTty: boolean
  /** Columns of the terminal; null where it is not one. */
  readonly columns: () => number | null
  /** Resolves when the stream can take more. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>
}

export interface Surroundings {
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly currentFolder: string
  readonly homeFolder: string
  readonly installationFolder: string
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly isStdinTty: boolean
  readonly readStdin: () => Promise<string>
  /** Asks at the terminal; null when the person ends the input instead of answering. */
  readonly ask: (question: string, options?: AskOptions) => Promise<string | null>
  /**
   * Hands over what comes in, and null at its end, one piece after the other; the next is read when the last was taken.
   * Raw: as it is typed, with no key kept back. Until the returned function is called.
   */
  readonly onInput: (
    take: (chunk: Uint8Array | null) => Promise<void>,
    options: { readonly isRaw: boolean },
  ) => () => void
  /** Null where stdout is no terminal. */
  readonly windowSize: () => { readonly columns: number; readonly rows: number } | null
  /** Calls back when the window has another size. */
  readonly onResize: (handler: () => void) => () => void
  readonly nowMs: () => number
  /** Resolves early when the signal aborts. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Calls back on Ctrl-C until the returned function is called. */
  readonly onInterrupt: (handler: () => void) => () => void
  readonly readFile: (path: string) => string | null
  /** A file's bytes, read when they are wanted; null where there is none. */
  readonly openFile: (path: string) => Promise<Blob | null>
  /** Writes a file only its owner can read, making its folder. */
  readonly writePrivateFile: (path: string, text: string) => void
  /** A file written piece by piece; one that is there is replaced. */
  readonly createFile: (path: string) => FileWriter
  /** True when there was one. */
  readonly removeFile: (path: string) => boolean
  readonly fetch: typeof fetch
}

export interface FileWriter {
  readonly write: (piece: Uint8Array) => Promise<void>
  readonly end: () => Promise<void>
}

export interface AskOptions {
  /** For keys: what is typed is not shown. */
  readonly isHidden?: boolean
  readonly signal?: AbortSignal
}

export function realSurroundings(): Surroundings {
  return {
    arguments: process.argv.slice(2),
    environment: process.env,
    currentFolder: process.cwd(),
    homeFolder: homedir(),
    installationFolder: resolve(import.meta.dirname, '../../..'),
    stdout: textStream(process.stdout),
    stderr: textStream(process.stderr),
    isStdinTty: process.stdin.isTTY,
    readStdin,
    ask,
    onInput,
    windowSize: () => {
      const { isTTY, columns, rows } = process.stdout
      return isTTY ? { columns, rows } : null
    },
    onResize: (handler) => {
      process.stdout.on('resize', handler)
      return () => void process.stdout.off('resize', handler)
    },
    nowMs: () => Date.now(),
    wait,
    onInterrupt: (handler) => {
      process.on('SIGINT', handler)
      return () => void process.off('SIGINT', handler)
    },
    readFile,
    openFile,
    writePrivateFile,
    createFile,
    removeFile,
    fetch,
  }
}

function textStream(stream: NodeJS.WriteStream): TextStream {
  // Each write reports its own failure; without a listener the event would end the process with a trace.
  stream.on('error', () => undefined)
  return {
    isTty: stream.isTTY,
    columns: () => (stream.isTTY ? stream.columns : null),
    write: (chunk) =>
      new Promise((done, fail) => {
        stream.write(chunk, (error) => (error ? fail(error) : done()))
      }),
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function ask(question: string, options: AskOptions = {}): Promise<string | null> {
  let isMuted = false
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isMuted) process.stderr.write(chunk)
      done()
    },
  })
  const terminal = createInterface({ input: process.stdin, output, terminal: true })
  const closed = new Promise<null>((done) => terminal.once('close', () => done(null)))
  try {
    const answered = terminal.question(question, options.signal ? { signal: options.signal } : {})
    isMuted = options.isHidden ?? false
    return await Promise.race([answered, closed])
  } finally {
    terminal.close()
    if (isMuted) process.stderr.write('\n')
  }
}

function onInput(
  take: (chunk: Uint8Array | null) => Promise<void>,
  { isRaw }: { readonly isRaw: boolean },
): () => void {
  const { stdin } = process
  let isOver = false
  const onData = (chunk: Buffer): void => {
    stdin.pause()
    void take(chunk).finally(() => {
      if (!isOver) stdin.resume()
    })
  }
  const onEnd = (): void => void take(null)
  if (isRaw) stdin.setRawMode(true)
  stdin.on('data', onData).once('end', onEnd)
  return () => {
    isOver = true
    stdin.off('data', onData).off('end', onEnd).pause()
    if (isRaw) stdin.setRawMode(false)
    // A pipe that stays open must not keep the command alive.
    stdin.unref()
  }
}

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  // An abort ends the wait; whoever aborted knows why.
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined)
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Removed first: the mode of an existing file would stay as it was.
  rmSync(path, { force: true })
  writeFileSync(path, text, { mode: 0o600 })
}

async function openFile(path: string): Promise<Blob | null> {
  try {
    return await openAsBlob(path)
  } catch {
    // Whatever keeps it from being read, there is nothing to send.
    return null
  }
}

function createFile(path: string): FileWriter {
  const file = openSync(path, 'w')
  return {
    write: (piece) => Promise.resolve(void writeSync(file, piece)),
    end: () => Promise.resolve(closeSync(file)),
  }
}

function removeFile(path: string): boolean {
  const existed = readFile(path) !== null
  rmSync(path, { force: true })
  return existed
}
