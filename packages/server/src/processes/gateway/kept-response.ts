/**
 * Stands before a client's connection and keeps what goes through it. The answer is made to its end also when the
 * client leaves, as long as it is kept; its last words wait until they are released, for it to be stored first.
 */
import { EventEmitter } from 'node:events'
import type { ClientResponse } from './exchange.ts'

/** Room for answers that are being made, of one gateway. */
export class KeepingRoom {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** False: there is none. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}

interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

export interface KeptWords extends Head {
  readonly body: string
}

export class KeptResponse extends EventEmitter implements ClientResponse {
  readonly #client: ClientResponse
  readonly #room: KeepingRoom
  readonly #bytesMax: number
  readonly #beside: Record<string, string> = {}
  #head: Head | null = null
  #texts: string[] = []
  #bytes = 0
  #ending: string | null = null
  #isKept = true
  #isGone = false

  constructor(
    client: ClientResponse,
    { room, bytesMax }: { readonly room: KeepingRoom; readonly bytesMax: number },
  ) {
    super()
    this.#client = client
    this.#room = room
    this.#bytesMax = bytesMax
    // Every try of a server listens for the client's leaving.
    this.setMaxListeners(0)
    client.on('close', this.#onClose)
    client.on('drain', this.#onDrain)
  }

  get headersSent(): boolean {
    return this.#head !== null
  }

  /** Nobody waits for it any more, and it is not kept for anybody. */
  get destroyed(): boolean {
    return this.#isGone
  }

  setHeader(name: string, value: string): void {
    this.#beside[name] = value
    if (!this.#client.headersSent && !this.#client.destroyed) this.#client.setHeader(name, value)
  }

  writeHead(status: number, headers: Readonly<Record<string, string | number>>): void {
    const texts = Object.entries(headers).map(([name, value]) => [name, String(value)] as const)
    this.#head = { status, headers: { ...this.#beside, ...Object.fromEntries(texts) } }
    if (!this.#client.destroyed) this.#client.writeHead(status, headers)
  }

  write(text: string): boolean {
    this.#keep(text)
    return this.#client.destroyed || this.#client.write(text)
  }

  end(text = ''): void {
    this.#keep(text)
    this.#ending = text
  }

  /** What was said, where it is all there. */
  words(): KeptWords | null {
    if (!this.#isKept || this.#head === null || this.#ending === null) return null
    return { ...this.#head, body: this.#texts.join('') }
  }

  /** The last words go out, and nothing is kept any more. */
  release(): void {
    this.#client.off('close', this.#onClose)
    this.#client.off('drain', this.#onDrain)
    const isEnded = this.#ending !== null
    if (isEnded && !this.#client.destroyed) this.#client.end(this.#ending ?? '')
    this.#drop()
    this.emit('close')
  }

  /** It is not kept after all; where the client has left, nobody waits for it. */
  abandon(): void {
    this.#drop()
    if (this.#client.destroyed) this.#goAway()
  }

  #keep(text: string): void {
    if (!this.#isKept) return
    const bytes = Buffer.byteLength(text)
    if (this.#bytes + bytes > this.#bytesMax || !this.#room.take(bytes)) return this.abandon()
    this.#bytes += bytes
    this.#texts.push(text)
  }

  #drop(): void {
    this.#isKept = false
    this.#texts = []
    this.#room.give(this.#bytes)
    this.#bytes = 0
  }

  #goAway(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.emit('close')
  }

  readonly #onClose = (): void => {
    if (!this.#isKept) this.#goAway()
    // Whoever waited for the client to read on need not wait any more.
    else this.emit('drain')
  }

  readonly #onDrain = (): void => {
    this.emit('drain')
  }
}
