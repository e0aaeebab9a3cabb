/** The last bytes that a terminal showed, with their place in all that it ever showed. Pure; bounded. */

export interface OutputTail {
  /** How many bytes there have been. */
  readonly end: () => number
  readonly push: (bytes: Uint8Array) => void
  /** What is kept of the bytes from `offset` on, and where that begins. */
  readonly from: (offset: number) => { readonly offset: number; readonly bytes: Uint8Array }
}

export function createOutputTail(bytesMax: number): OutputTail {
  let pieces: Uint8Array[] = []
  let end = 0
  let kept = 0
  return {
    end: () => end,
    push: (bytes) => {
      pieces.push(bytes)
      end += bytes.length
      kept += bytes.length
      // A whole piece goes when the rest is enough, so that nothing is copied for every few bytes.
      while (pieces.length > 1 && kept - (pieces[0]?.length ?? 0) >= bytesMax)
        kept -= pieces.shift()?.length ?? 0
    },
    from: (offset) => {
      const start = Math.max(offset, end - Math.min(kept, bytesMax))
      const whole = Buffer.concat(pieces)
      // Later than the end: whoever asks has seen another terminal.
      if (start > end) return { offset: end, bytes: new Uint8Array() }
      pieces = [whole]
      return { offset: start, bytes: whole.subarray(whole.length - (end - start)) }
    },
  }
}
