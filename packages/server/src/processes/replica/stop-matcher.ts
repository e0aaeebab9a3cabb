/**
 * Finds stop strings in a stream of text. Text that may be the beginning of a stop string is held back until it is
 * certain; the stop string itself is never let through. Pure.
 */

export interface StopMatcher {
  /** Takes more text. `isStopped` is final: what comes after is not wanted. */
  readonly push: (text: string) => { readonly text: string; readonly isStopped: boolean }
  /** What was held back, at the end of the stream. */
  readonly flush: () => string
}

export function createStopMatcher(stops: readonly string[]): StopMatcher {
  let held = ''
  return {
    push: (text) => {
      held += text
      const at = firstStop(held, stops)
      if (at !== null) return { text: held.slice(0, at), isStopped: true }
      const certain = held.length - longestBeginning(held, stops)
      const released = held.slice(0, certain)
      held = held.slice(certain)
      return { text: released, isStopped: false }
    },
    flush: () => held,
  }
}

function firstStop(text: string, stops: readonly string[]): number | null {
  const places = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
  return places.length === 0 ? null : Math.min(...places)
}

/** How much of the end of the text is the beginning of a stop string. */
function longestBeginning(text: string, stops: readonly string[]): number {
  const longest = Math.min(text.length, Math.max(0, ...stops.map((stop) => stop.length - 1)))
  for (let length = longest; length > 0; length--)
    if (stops.some((stop) => stop.startsWith(text.slice(-length)))) return length
  return 0
}
