/** Reads a lease's output as a stream and keeps its latest part. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { openStream } from '../../api/client.ts'
import { appendLog, emptyLog, type LogText } from './log-text.ts'

export interface Log extends LogText {
  readonly state: 'following' | 'ended' | 'failed'
  readonly error: unknown
  readonly retry: () => void
}

/** At most this many bytes are asked for when the page opens: the most the contract allows. */
const TAIL_BYTES = 100_000
/** Output comes in many small pieces; the page is drawn again at most this often. */
const DRAW_EVERY_MS = 100

export function useLog(leaseId: string, attempt: number, isPaused: boolean): Log {
  const [shown, setShown] = useState<LogText>(emptyLog)
  const [state, setState] = useState<Log['state']>('following')
  const [error, setError] = useState<unknown>(null)
  const [serial, setSerial] = useState(0)
  const received = useRef<LogText>(emptyLog)
  const paused = useRef(isPaused)
  useEffect(() => {
    paused.current = isPaused
    if (!isPaused) setShown(received.current)
  }, [isPaused])
  useEffect(() => {
    const control = new AbortController()
    received.current = emptyLog
    setState('following')
    setError(null)
    const timer = setInterval(() => {
      if (!paused.current) setShown(received.current)
    }, DRAW_EVERY_MS)
    const onText = (text: string): void => {
      received.current = appendLog(received.current, text)
    }
    const finish = (outcome: Log['state'], cause: unknown): void => {
      if (control.signal.aborted) return
      clearInterval(timer)
      setShown(received.current)
      setState(outcome)
      setError(cause)
    }
    readLog(leaseId, control.signal, onText).then(
      () => finish('ended', null),
      (cause: unknown) => finish('failed', cause),
    )
    return () => {
      control.abort()
      clearInterval(timer)
    }
    // A new attempt writes to the same log; reading anew joins the end of the first attempt with the second.
  }, [leaseId, attempt, serial])
  const retry = useCallback(() => setSerial((before) => before + 1), [])
  return { ...shown, state, error, retry }
}

async function readLog(
  leaseId: string,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<void> {
  const query = { follow: 'true', tail: TAIL_BYTES }
  const response = await openStream('getLeaseLogs', { params: { id: leaseId }, query }, signal)
  if (response.body === null) return
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    onText(decoder.decode(value, { stream: true }))
  }
}
