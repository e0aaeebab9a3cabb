/**
 * The command of an interactive lease in a pseudo-terminal, and everybody who is attached to it: all see the same, all
 * may type, and the window is as large as who spoke of his last. It starts when the first attaches, and outlives them all.
 */
import type { Duplex } from 'node:stream'
import { spawn } from '@lydell/node-pty'
import type { IPty } from '@lydell/node-pty'
import type { TerminalFrame } from '@spillway/contract/terminal.ts'
import { createOutputTail } from './output-tail.ts'
import { createTerminalClient } from './terminal-client.ts'
import type { TerminalClient } from './terminal-client.ts'

/** So much of what was shown is shown again to who comes later. */
const TAIL_BYTES_MAX = 262_144
/** How long those who are attached may take to hear of the end. */
const FAREWELL_MS = 5000
/** A window larger than this is a mistake. */
const SIDE_MAX = 10_000

export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

export interface SessionDeps {
  readonly file: string
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  readonly monotonicMs: () => number
  /** A line of the lease's log, which everybody of its organization may read: never of what is typed or shown. */
  readonly log: (text: string) => void
  readonly ended: (exitCode: number) => void
}

export class TerminalSession {
  readonly #deps: SessionDeps
  readonly #tail = createOutputTail(TAIL_BYTES_MAX)
  readonly #clients = new Set<TerminalClient>()
  readonly #notices: string[] = []
  #pty: IPty | null = null
  #exitCode: number | null = null
  #activeMs: number

  constructor(deps: SessionDeps) {
    this.#deps = deps
    this.#activeMs = deps.monotonicMs()
  }

  /** How long nobody has been attached, with nothing shown. */
  idleMs(): number {
    return this.#clients.size > 0 ? 0 : this.#deps.monotonicMs() - this.#activeMs
  }

  /** Shows somebody what was shown since the offset, and all that follows. */
  attach(socket: Duplex, { offset, size }: { offset: number; size: WindowSize | null }): void {
    const client: TerminalClient = createTerminalClient(socket, {
      frame: (frame) => this.#take(frame),
      drained: () => this.#flow(),
      closed: () => this.#leave(client),
    })
    this.#clients.add(client)
    this.#deps.log(`attached (${this.#clients.size} now)`)
    const seen = this.#tail.from(offset)
    client.send({ kind: 'begin', offset: seen.offset })
    if (seen.bytes.length > 0) client.send({ kind: 'output', bytes: seen.bytes })
    for (const text of this.#notices) client.send({ kind: 'notice', text })
    if (size !== null) this.#resize(size)
    if (this.#exitCode !== null) return this.#sayFarewell(client, this.#exitCode)
    this.#pty ??= this.#start(size ?? { columns: 80, rows: 24 })
    this.#flow()
  }

  /** A line for everybody, also for those who come later. */
  tell(text: string): void {
    this.#notices.push(text)
    for (const client of this.#clients) client.send({ kind: 'notice', text })
  }

  /** As when a terminal is closed; the command ends, unless it wants to stay. */
  hangUp(): void {
    if (this.#pty === null) this.#end(129)
    else this.#pty.kill('SIGHUP')
  }

  #start({ columns, rows }: WindowSize): IPty {
    const { file, words, environment, directory } = this.#deps
    const pty = spawn(file, [...words], {
      cols: columns,
      rows,
      cwd: directory,
      env: environment,
      // Bytes as they are: who is attached knows their encoding.
      encoding: null,
    })
    // The declaration knows of text only.
    pty.onData((bytes: unknown) => this.#show(bytes as Buffer))
    pty.onExit(({ exitCode, signal }) => this.#end(signal ? 128 + signal : exitCode))
    this.#deps.log('the terminal is open')
    return pty
  }

  #show(bytes: Uint8Array): void {
    this.#activeMs = this.#deps.monotonicMs()
    this.#tail.push(bytes)
    for (const client of this.#clients) client.send({ kind: 'output', bytes })
    this.#flow()
  }

  /** The command waits for those who read, as at any terminal; who reads nothing at all is cut off meanwhile. */
  #flow(): void {
    if ([...this.#clients].some((client) => client.isFull())) this.#pty?.pause()
    else this.#pty?.resume()
  }

  #take(frame: TerminalFrame): void {
    if (frame.kind === 'resize') this.#resize(frame)
    else if (frame.kind === 'input' && this.#exitCode === null)
      // As above: it takes bytes as they are.
      this.#pty?.write(Buffer.from(frame.bytes) as unknown as string)
  }

  #resize({ columns, rows }: WindowSize): void {
    const isSize = Math.min(columns, rows) > 0 && Math.max(columns, rows) <= SIDE_MAX
    if (isSize && this.#exitCode === null) this.#pty?.resize(columns, rows)
  }

  #leave(client: TerminalClient): void {
    if (!this.#clients.delete(client)) return
    this.#activeMs = this.#deps.monotonicMs()
    this.#deps.log(`detached (${this.#clients.size} now)`)
    this.#flow()
    if (this.#exitCode !== null && this.#clients.size === 0) this.#deps.ended(this.#exitCode)
  }

  #end(code: number): void {
    if (this.#exitCode !== null) return
    this.#exitCode = code
    this.#deps.log('the terminal is closed')
    if (this.#clients.size === 0) return this.#deps.ended(code)
    for (const client of this.#clients) this.#sayFarewell(client, code)
    setTimeout(() => this.#deps.ended(code), FAREWELL_MS)
  }

  #sayFarewell(client: TerminalClient, code: number): void {
    client.send({ kind: 'exit', code })
    client.end()
  }
}
