/** The system's randomness, fetched in larger pieces: two identifiers a request would otherwise cost two trips. */
import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8192

export class RandomPool {
  #pool = new Uint8Array(0)
  #at = 0

  /** Bytes that nobody else gets. They stay untouched: a new pool takes the place of a used one. */
  readonly take = (size: number): Uint8Array => {
    if (this.#at + size > this.#pool.length) {
      this.#pool = randomFillSync(new Uint8Array(Math.max(POOL_BYTES, size)))
      this.#at = 0
    }
    this.#at += size
    return this.#pool.subarray(this.#at - size, this.#at)
  }
}
