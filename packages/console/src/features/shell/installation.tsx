/** At the foot of the side bar: version and health of the installation, and the clock it keeps. */
import type { System } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useEffect } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { setServerNow } from '../../ui/clock.ts'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import type { LiveState } from '../live/live-connection.ts'
import { useLive } from '../live/live.ts'

const CLOCK_OFFSET_WORTH_A_WORD_MS = 2000

export function Installation(): ReactElement | null {
  const { state } = useLive()
  const { data, dataUpdatedAt } = useQuery(apiQuery('getSystem'))
  useEffect(() => {
    if (data) setServerNow(Date.parse(data.now))
  }, [data, dataUpdatedAt])
  if (data === undefined) return null
  const { tone, word } = health(data, state)
  const isClockOff = Math.abs(data.clockOffsetMs) > CLOCK_OFFSET_WORTH_A_WORD_MS
  return (
    <div className="border-t border-line px-4 py-2.5 text-12 text-muted">
      <StateWord tone={tone} title={data.finding}>
        {word}
      </StateWord>
      {isClockOff && <p>The machine’s clock was moved; billing was not.</p>}
      <p className="truncate" title={`${data.installation}, version ${data.version}`}>
        Spillway {data.version}
      </p>
    </div>
  )
}

function health(system: System, live: LiveState): { tone: Tone; word: string } {
  if (live === 'reconnecting') return { tone: 'warn', word: 'not reached' }
  if (system.database !== 'ready') return { tone: 'bad', word: 'database unavailable' }
  if (system.gateway !== 'ready') return { tone: 'bad', word: 'gateway unavailable' }
  return { tone: 'good', word: 'all parts ready' }
}
