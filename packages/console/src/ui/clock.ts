/** The console's clock: this machine's, moved by what the server said its own shows. The only reader of the time. */
import { useEffect, useState } from 'react'

let offsetMs = 0

/** The server's time as far as it is known here. */
export function serverNowMs(): number {
  return Date.now() + offsetMs
}

/** Tells the clock what the server's showed just now. */
export function setServerNow(nowMs: number): void {
  offsetMs = nowMs - Date.now()
}

/** The time, rendered again each step. Use it in the smallest component that shows it. */
export function useNow(stepMs: number): number {
  const [nowMs, setNowMs] = useState(serverNowMs)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(serverNowMs()), stepMs)
    return () => clearInterval(timer)
  }, [stepMs])
  return nowMs
}
