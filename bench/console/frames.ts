/** How long the page's own code takes in each frame, while somebody moves the map about in a real Chromium. */
import type { Page } from 'playwright-core'

export interface FrameTimes {
  /** Time in scripts, one entry a frame, in milliseconds. */
  readonly scripts: readonly number[]
  /** Time between the beginnings of frames. */
  readonly gaps: readonly number[]
  /** Longest handling of one input event. */
  readonly eventMax: number
}

/** Runs in the page before anything else: times every frame callback, and what handling of events took. */
const RECORDER = `(() => {
  const times = { scripts: [], starts: [], eventMax: 0 }
  window.__frames = times
  const own = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (callback) => own((now) => {
    const began = performance.now()
    try { callback(now) } finally {
      const spent = performance.now() - began
      if (times.starts.at(-1) === now) times.scripts[times.scripts.length - 1] += spent
      else { times.starts.push(now); times.scripts.push(spent) }
    }
  })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      times.eventMax = Math.max(times.eventMax, entry.processingEnd - entry.processingStart)
  }).observe({ type: 'event', durationThreshold: 16, buffered: false })
})()`

export function recordFrames(page: Page): Promise<void> {
  return page.addInitScript(RECORDER).then(() => undefined)
}

/** The frames that some movement made. */
export async function framesOf(page: Page, move: () => Promise<void>): Promise<FrameTimes> {
  await page.evaluate('Object.assign(__frames, { scripts: [], starts: [], eventMax: 0 })')
  await move()
  const { scripts, starts, eventMax } = await page.evaluate<{
    scripts: number[]
    starts: number[]
    eventMax: number
  }>('__frames')
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? start))
  return { scripts, gaps, eventMax }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
