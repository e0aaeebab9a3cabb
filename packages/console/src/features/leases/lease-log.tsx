/** What a lease writes, as it writes it: follow, pause, download. Long logs keep their latest part in the page. */
import type { Lease } from '@spillway/contract'
import { type ReactElement, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { openStream } from '../../api/client.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { download } from '../../ui/table/download.ts'
import { useLog } from './log-stream.ts'

const BOTTOM_SLACK_PX = 24

export function LeaseLog({ lease }: { lease: Lease }): ReactElement {
  const [isPaused, setIsPaused] = useState(false)
  const log = useLog(lease.id, lease.attempt, isPaused)
  const [failure, setFailure] = useState<unknown>(null)
  const save = async (): Promise<void> => {
    try {
      setFailure(null)
      const whole = await openStream(
        'getLeaseLogs',
        { params: { id: lease.id }, query: {} },
        new AbortController().signal,
      )
      download(`${lease.id}.log`, await whole.text(), 'text/plain')
    } catch (error) {
      setFailure(error)
    }
  }
  return (
    <Section
      title="Output"
      aside={
        <>
          <LogStateWord state={log.state} isPaused={isPaused} />
          {log.state === 'following' && (
            <Button
              look="quiet"
              icon={isPaused ? 'play' : 'pause'}
              onClick={() => setIsPaused(!isPaused)}
            >
              {isPaused ? 'Resume' : 'Pause'}
            </Button>
          )}
          <Button look="quiet" icon="download" onClick={() => void save()}>
            Download
          </Button>
        </>
      }
    >
      {failure !== null && (
        <ProblemPanel explanation={explain(failure)} onRetry={() => void save()} />
      )}
      {log.error !== null && <ProblemPanel explanation={explain(log.error)} onRetry={log.retry} />}
      <LogText log={log} isPending={lease.startedAt === null} />
    </Section>
  )
}

function LogStateWord({
  state,
  isPaused,
}: {
  state: 'following' | 'ended' | 'failed'
  isPaused: boolean
}): ReactElement {
  if (state === 'ended') return <span className="text-12 text-muted">complete</span>
  if (state === 'failed') return <StateWord tone="bad">interrupted</StateWord>
  return (
    <StateWord tone={isPaused ? 'idle' : 'good'}>{isPaused ? 'paused' : 'following'}</StateWord>
  )
}

interface LogTextProps {
  readonly log: ReturnType<typeof useLog>
  readonly isPending: boolean
}

function LogText({ log, isPending }: LogTextProps): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const [isBehind, setIsBehind] = useState(false)
  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd()
  }, [log.text])
  useEffect(() => {
    isAtEnd.current = true
  }, [log.retry])
  return (
    <div className="relative">
      <div
        ref={box}
        tabIndex={0}
        role="log"
        aria-label="Output of the command"
        aria-live="off"
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < BOTTOM_SLACK_PX
          setIsBehind(!isAtEnd.current)
        }}
        className="h-[min(60vh,560px)] overflow-auto rounded-base border border-line bg-sunken px-3 py-2"
      >
        {log.isCut && (
          <p className="mb-2 text-12 text-muted">
            Earlier output is left out here; the download has all of it.
          </p>
        )}
        {log.text === '' ? (
          <p className="text-muted">
            {isPending
              ? 'Nothing is written before the command starts.'
              : 'The command has written nothing yet.'}
          </p>
        ) : (
          <pre className="leading-[18px] break-words whitespace-pre-wrap">{log.text}</pre>
        )}
      </div>
      {isBehind && (
        <button
          type="button"
          onClick={toEnd}
          className="absolute right-4 bottom-3 inline-flex h-[26px] items-center gap-1 rounded-base border border-line-strong bg-bg px-2 text-12 hover:bg-sunken"
        >
          <Icon name="down" size={12} />
          to the end
        </button>
      )}
    </div>
  )
}
