/** Whether what the page shows is current, in a word. */
import type { ReactElement } from 'react'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import type { LiveState } from './live-connection.ts'
import { useLive } from './live.ts'

const LOOKS: Record<LiveState, { tone: Tone; word: string; title: string }> = {
  connecting: { tone: 'idle', word: 'connecting', title: 'Opening the event stream' },
  live: { tone: 'good', word: 'live', title: 'Changes appear by themselves' },
  reconnecting: {
    tone: 'warn',
    word: 'reconnecting',
    title: 'The event stream is interrupted; what is shown may be old',
  },
  paused: { tone: 'idle', word: 'paused', title: 'Resumes when you look at the page' },
}

export function LiveWord(): ReactElement {
  const { state } = useLive()
  const look = LOOKS[state]
  return (
    <output className="flex text-12 text-muted" data-live={state}>
      <StateWord tone={look.tone} title={look.title} isMoving={state === 'reconnecting'}>
        <span className="max-sm:sr-only">{look.word}</span>
      </StateWord>
    </output>
  )
}
