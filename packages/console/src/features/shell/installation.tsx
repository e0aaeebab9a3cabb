/** At the foot of the side bar: version and health of the installation, and the clock it keeps. */
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useEffect } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { setServerNow } from '../../ui/clock.ts'
import { StateWord } from '../../ui/state-word.tsx'

const CLOCK_OFFSET_WORTH_A_WORD_MS = 2000

export function Installation(): ReactElement | null {
  const { data, dataUpdatedAt } = useQuery(apiQuery('getSystem'))
  useEffect(() => {
    if (data) setServerNow(Date.parse(data.now))
  }, [data, dataUpdatedAt])
  if (data === undefined) return null
  const isReady = data.database === 'ready' && data.gateway === 'ready'
  const isClockOff = Math.abs(data.clockOffsetMs) > CLOCK_OFFSET_WORTH_A_WORD_MS
  return (
    <div className="border-t border-line px-4 py-2.5 text-12 text-muted">
      <StateWord tone={isReady ? 'good' : 'bad'} title={data.finding}>
        {isReady
          ? 'all parts ready'
          : data.database === 'ready'
            ? 'gateway unavailable'
            : 'database unavailable'}
      </StateWord>
      {isClockOff && <p>The machine’s clock was moved; billing was not.</p>}
      <p className="truncate" title={`${data.installation}, version ${data.version}`}>
        Spillway {data.version}
      </p>
    </div>
  )
}
