/**
 * A person at the terminal of a lease, from the first connection until the command has ended or the person has left.
 * A connection that is lost, as when the server is restarted, is made again where it broke off.
 */
import { ProblemError, type TerminalFrame } from '@spillway/contract'
import type { Call } from '../command.ts'
import { Failure } from '../failure.ts'
import { createEscapes, ESCAPE_HELP } from './escape.ts'
import { type Line, openLine, type Opening } from './line.ts'

const RETRY_MS = 500
const LOST_MAX_MS = 300_000
/** Said again and again, because what runs may take the first end of its input for its own. */
const END_OF_INPUT = Uint8Array.of(4)
const CTRL_C = 3
/** A shell that is fed by a pipe writes this when it is ready; typed earlier, its input would be shown. */
export const READY = 6
const END_EVERY_MS = 500

export type Attachment =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'detached' }
  /** The lease is over, and its terminal could not tell how. */
  | { readonly kind: 'ended' }

/** While these are answered it may yet work. */
const NOT_YET = new Set([
  'lease.not_running',
  'lease.service_unreachable',
  'server.unavailable',
  'database.unavailable',
])

export interface AttachOptions {
  readonly leaseId: string
  /** Whether what runs there writes `READY`. */
  readonly tellsReady: boolean
}

class Attending {
  readonly #call: Call<object>
  readonly #leaseId: string
  readonly #left = new AbortController()
  readonly #escapes = createEscapes()
  #line: Line | null = null
  #lineOpened = Promise.withResolvers<void>()
  /** Typed before the first connection; null from then on. */
  #early: Uint8Array[] | null = []
  #offset = 0
  #exitCode: number | null = null
  #writing: Promise<void> = Promise.resolve()
  readonly #ready = Promise.withResolvers<void>()
  #isReady: boolean

  constructor(call: Call<object>, { leaseId, tellsReady }: AttachOptions) {
    this.#call = call
    this.#leaseId = leaseId
    this.#isReady = !tellsReady
    if (!tellsReady) this.#ready.resolve()
  }

  async attend(): Promise<Attachment> {
    const { surroundings } = this.#call
    const stopInterrupts = surroundings.onInterrupt(() => this.#leave())
    const stopResizes = surroundings.onResize(() => this.#resize())
    const isRaw = surroundings.isStdinTty
    const stopInput = surroundings.onInput((chunk) => this.#type(chunk), { isRaw })
    try {
      return await this.#stayConnected()
    } finally {
      this.#left.abort()
      for (const stop of [stopInterrupts, stopResizes, stopInput]) stop()
      this.#line?.close()
    }
  }

  async #stayConnected(): Promise<Attachment> {
    const { surroundings, output } = this.#call
    let lostAtMs: number | null = surroundings.nowMs()
    for (let isFirst = true; ; isFirst = false) {
      const opening = await this.#open()
      if (this.#left.signal.aborted) return { kind: 'detached' }
      if (opening.kind === 'open') {
        if (!isFirst && this.#offset > 0) await output.note('\r\nThe connection is back.\r')
        lostAtMs = null
        await this.#untilOver(opening.line)
        if (this.#exitCode !== null) return { kind: 'exited', code: this.#exitCode }
        if (this.#left.signal.aborted) return { kind: 'detached' }
        await output.note('\r\nThe connection is lost; trying again. (Ctrl-C detaches.)\r')
      } else if (isOver(opening)) return { kind: 'ended' }
      lostAtMs ??= surroundings.nowMs()
      if (surroundings.nowMs() - lostAtMs > LOST_MAX_MS)
        throw new Failure('The terminal of the lease cannot be reached.', {
          remedy: `Try again: spillway lease shell ${this.#leaseId}`,
        })
      await surroundings.wait(RETRY_MS, this.#left.signal)
      if (this.#left.signal.aborted) return { kind: 'detached' }
    }
  }

  #open(): Promise<Opening> {
    return openLine({
      connection: this.#call.connection(),
      leaseId: this.#leaseId,
      size: this.#call.surroundings.windowSize(),
      offset: this.#offset,
      take: (frame) => this.#take(frame),
    })
  }

  async #untilOver(line: Line): Promise<void> {
    this.#line = line
    for (const bytes of this.#early ?? []) void line.send({ kind: 'input', bytes })
    this.#early = null
    this.#lineOpened.resolve()
    await line.closed
    this.#line = null
    this.#lineOpened = Promise.withResolvers()
    await this.#writing
  }

  #take(frame: TerminalFrame): void {
    const { output } = this.#call
    if (frame.kind === 'begin') this.#offset = frame.offset
    else if (frame.kind === 'exit') this.#exitCode = frame.code
    else if (frame.kind === 'notice')
      this.#write(() => output.note(`\r\n[spillway] ${frame.text}\r`))
    else if (frame.kind === 'output') {
      this.#offset += frame.bytes.length
      const shown = this.#withoutReady(frame.bytes)
      this.#write(() => output.write(shown))
    }
  }

  #withoutReady(bytes: Uint8Array): Uint8Array {
    if (this.#isReady || !bytes.includes(READY)) return bytes
    this.#isReady = true
    this.#ready.resolve()
    return bytes.filter((byte) => byte !== READY)
  }

  #write(write: () => Promise<void>): void {
    // Whoever reads what is written here may have gone; then so does this.
    this.#writing = this.#writing.then(write).catch(() => this.#leave())
  }

  #resize(): void {
    const size = this.#call.surroundings.windowSize()
    if (size !== null) void this.#line?.send({ kind: 'resize', ...size })
  }

  #leave(): void {
    this.#left.abort()
    this.#line?.close()
  }

  /** What is typed at a terminal while the connection is lost is lost too; what comes through a pipe waits for it. */
  async #type(chunk: Uint8Array | null): Promise<void> {
    if (!this.#call.surroundings.isStdinTty) return this.#pass(chunk)
    if (chunk === null || (this.#line === null && chunk.includes(CTRL_C))) return this.#leave()
    const { bytes, action } = this.#escapes(chunk)
    if (bytes.length > 0) this.#early?.push(bytes)
    if (bytes.length > 0) await this.#line?.send({ kind: 'input', bytes })
    if (action === 'help') await this.#call.output.note(`\r\n${ESCAPE_HELP}\r`)
    if (action === 'detach') this.#leave()
  }

  async #pass(chunk: Uint8Array | null): Promise<void> {
    await this.#ready.promise
    if (chunk !== null) return this.#sendSurely(chunk)
    while (!this.#left.signal.aborted) {
      await this.#sendSurely(END_OF_INPUT)
      await this.#call.surroundings.wait(END_EVERY_MS, this.#left.signal)
    }
  }

  async #sendSurely(bytes: Uint8Array): Promise<void> {
    while (this.#line === null && !this.#left.signal.aborted) await this.#lineOpened.promise
    await this.#line?.send({ kind: 'input', bytes })
  }
}

/** Whether the lease is over; throws what will not be otherwise at the next try. */
function isOver(opening: Exclude<Opening, { kind: 'open' }>): boolean {
  if (opening.kind === 'away' || opening.problem === null) return false
  const { code } = opening.problem
  if (code === 'lease.already_ended') return true
  if (NOT_YET.has(code)) return false
  throw new ProblemError(opening.problem)
}

export function attach(call: Call<object>, options: AttachOptions): Promise<Attachment> {
  return new Attending(call, options).attend()
}
