/**
 * Preloaded into a server under test: its wall clock is off by as many milliseconds as a file says, and follows the
 * file while it runs, as when somebody sets the machine's clock. The monotonic counter is left alone, as it would be.
 */
import { readFileSync } from 'node:fs'

const path = process.env['SPILLWAY_TEST_WALL_CLOCK']
const realNow = Date.now.bind(Date)
const RealDate = Date

function offsetMs(): number {
  try {
    return Number(readFileSync(path ?? '', 'utf8'))
  } catch {
    // No file: nobody has set the clock.
    return 0
  }
}

if (path !== undefined) {
  const now = () => realNow() + offsetMs()
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, words: unknown[]) =>
      Reflect.construct(target, words.length === 0 ? [now()] : words) as Date,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  })
}
