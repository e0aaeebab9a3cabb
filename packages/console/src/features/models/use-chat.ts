/** A conversation on this page: turns, the stream under way, stopping it. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { type ChatRequest, streamChat } from './chat-stream.ts'
import { type ChatTurn, endTurn, startTurn, takePart, toMessages } from './chat-turn.ts'

export interface ChatSettings {
  readonly model: string
  readonly system: string
  readonly maxTokens: number
  readonly temperature: number
}

interface Chat {
  readonly turns: readonly ChatTurn[]
  readonly isBusy: boolean
  readonly error: unknown
  readonly ask: (question: string, settings: ChatSettings) => void
  readonly stop: () => void
  readonly clear: () => void
}

/** Tokens may come thousands a second; the page is drawn at most this often. */
const DRAW_EVERY_MS = 40

const nowMs = (): number => performance.now()

export function useChat(): Chat {
  const queryClient = useQueryClient()
  const [turns, setTurns] = useState<readonly ChatTurn[]>([])
  const [isBusy, setIsBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const ask = useCallback(
    (question: string, settings: ChatSettings) => {
      const control = new AbortController()
      running.current = control
      const { system, ...rest } = settings
      const request: ChatRequest = { ...rest, messages: toMessages(turns, system, question) }
      setError(null)
      setIsBusy(true)
      const show = (turn: ChatTurn): void => setTurns([...turns, turn])
      void runTurn(question, { request, signal: control.signal, show }).then((cause) => {
        setError(cause)
        setIsBusy(false)
        void queryClient.invalidateQueries({ queryKey: ['getBalance'] })
      })
    },
    [turns, queryClient],
  )
  const stop = useCallback(() => running.current?.abort(), [])
  const clear = useCallback(() => {
    running.current?.abort()
    setTurns([])
    setError(null)
  }, [])
  return { turns, isBusy, error, ask, stop, clear }
}

interface Run {
  readonly request: ChatRequest
  readonly signal: AbortSignal
  readonly show: (turn: ChatTurn) => void
}

/** Answers what went wrong, or null. */
async function runTurn(question: string, { request, signal, show }: Run): Promise<unknown> {
  let turn = startTurn(question, nowMs())
  let drawnMs = 0
  show(turn)
  try {
    for await (const part of streamChat(request, signal)) {
      turn = takePart(turn, part, nowMs())
      if (nowMs() - drawnMs < DRAW_EVERY_MS) continue
      drawnMs = nowMs()
      show(turn)
    }
    show(endTurn(turn, 'done'))
    return null
  } catch (cause) {
    show(endTurn(turn, signal.aborted ? 'stopped' : 'failed'))
    return signal.aborted ? null : cause
  }
}
