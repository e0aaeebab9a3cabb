/** Several models asked at once, each answer growing by itself; one button stops them all. */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { streamChat } from '../models/chat-stream.ts'
import { endTurn, startTurn, takePart } from '../models/chat-turn.ts'
import { type Lane, type PlaygroundDraft, readOrigin, requestOf } from './lane.ts'

/** Tokens may come thousands a second; a lane is drawn at most this often. */
const DRAW_EVERY_MS = 50

const nowMs = (): number => performance.now()

export interface Lanes {
  readonly lanes: readonly Lane[]
  readonly isBusy: boolean
  readonly run: (models: readonly string[], draft: PlaygroundDraft) => void
  readonly stop: () => void
  readonly clear: () => void
}

function startLane(model: string, taskId: string, draft: PlaygroundDraft): Lane {
  return {
    ...{ model, taskId, request: requestOf(model, draft) },
    ...{ turn: startTurn(draft.prompt, nowMs()), origin: null, error: null },
  }
}

/** Asks one model; `show` is told of the lane as it grows. */
async function runLane(lane: Lane, signal: AbortSignal, show: (lane: Lane) => void): Promise<void> {
  let grown = lane
  let drawnMs = 0
  const onOpen = (headers: Headers): void => {
    grown = { ...grown, origin: readOrigin(headers) }
    show(grown)
  }
  try {
    for await (const part of streamChat(lane.request, signal, { taskId: lane.taskId, onOpen })) {
      grown = { ...grown, turn: takePart(grown.turn, part, nowMs()) }
      if (nowMs() - drawnMs < DRAW_EVERY_MS) continue
      drawnMs = nowMs()
      show(grown)
    }
    show({ ...grown, turn: endTurn(grown.turn, 'done') })
  } catch (cause) {
    const isStopped = signal.aborted
    const turn = endTurn(grown.turn, isStopped ? 'stopped' : 'failed')
    show({ ...grown, turn, error: isStopped ? null : cause })
  }
}

export function useLanes(): Lanes {
  const queryClient = useQueryClient()
  const [lanes, setLanes] = useState<readonly Lane[]>([])
  const [isBusy, setIsBusy] = useState(false)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const run = useCallback(
    (models: readonly string[], draft: PlaygroundDraft) => {
      running.current?.abort()
      const control = new AbortController()
      running.current = control
      const name = crypto.randomUUID()
      const started = models.map((model, index) =>
        startLane(model, `playground/${name}/${index + 1}`, draft),
      )
      setLanes(started)
      setIsBusy(true)
      const show = (lane: Lane): void => {
        if (running.current !== control) return
        setLanes((before) => before.map((each) => (each.model === lane.model ? lane : each)))
      }
      void Promise.all(started.map((lane) => runLane(lane, control.signal, show))).then(() => {
        if (running.current === control) setIsBusy(false)
        void queryClient.invalidateQueries({ queryKey: ['getBalance'] })
      })
    },
    [queryClient],
  )
  const stop = useCallback(() => running.current?.abort(), [])
  const clear = useCallback(() => {
    running.current?.abort()
    running.current = null
    setIsBusy(false)
    setLanes([])
  }, [])
  return { lanes, isBusy, run, stop, clear }
}
