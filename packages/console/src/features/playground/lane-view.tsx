/** One model's answer beside the others: the words, how fast they came, what they were charged, and where from. */
import type { Model } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { CopyButton, Id } from '../../ui/copy.tsx'
import { Money } from '../../ui/figures.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import { turnFigures } from '../models/chat-turn.ts'
import { ChatProblem, renderMs } from '../models/playground.tsx'
import { ReportButtons } from '../outcomes/task-drawer.tsx'
import { type Lane, originWords } from './lane.ts'
import { Markdown } from './markdown-view.tsx'

const STATES: Record<Lane['turn']['state'], readonly [Tone, string]> = {
  waiting: ['accent', 'waiting'],
  streaming: ['accent', 'answering'],
  done: ['good', 'done'],
  stopped: ['idle', 'stopped'],
  failed: ['bad', 'failed'],
}

interface LaneViewProps {
  readonly lane: Lane
  readonly model: Model | undefined
}

export function LaneView({ lane, model }: LaneViewProps): ReactElement {
  const { turn, origin, error } = lane
  const [tone, word] = STATES[turn.state]
  const isRunning = turn.state === 'waiting' || turn.state === 'streaming'
  return (
    <section
      aria-label={`Answer of ${lane.model}`}
      aria-busy={isRunning}
      className="flex min-w-0 flex-col gap-3 rounded-base border border-line p-3"
    >
      <header className="flex min-w-0 items-center justify-between gap-3">
        <h2 className="min-w-0 truncate text-15 font-bold" title={lane.model}>
          {model?.displayName ?? lane.model}
        </h2>
        <StateWord tone={tone} isMoving={isRunning}>
          {word}
        </StateWord>
      </header>
      <div className="min-h-24 flex-1">
        {turn.answer === '' ? (
          <p className="text-muted">{isRunning ? 'Nothing came yet.' : 'No answer.'}</p>
        ) : (
          <Markdown text={turn.answer} />
        )}
      </div>
      {error !== null && <ChatProblem error={error} />}
      {model !== undefined && <LaneFigures lane={lane} price={model.price} />}
      {origin !== null && (
        <p className="text-12 text-muted">
          {origin.servedModel !== null && `${origin.servedModel} answered in its stead · `}
          {originWords(origin)}
          {origin.requestId !== null && (
            <>
              {' · '}
              <Id id={origin.requestId} />
            </>
          )}
        </p>
      )}
      {!isRunning && turn.answer !== '' && (
        <div className="flex flex-wrap items-center justify-between gap-2 border-t border-line pt-3">
          <ReportButtons taskId={lane.taskId} />
          <CopyButton text={turn.answer} label="Copy the answer" />
        </div>
      )}
    </section>
  )
}

function LaneFigures({ lane, price }: { lane: Lane; price: Model['price'] }): ReactElement {
  const { turn } = lane
  const { firstTokenAfterMs, tokensPerSecond } = turnFigures(turn, price)
  const { usage } = turn
  const figures: readonly (readonly [string, ReactNode])[] = [
    ['First token', firstTokenAfterMs === null ? '–' : renderMs(firstTokenAfterMs)],
    ['Speed', tokensPerSecond === null ? '–' : `${formatCount(Math.round(tokensPerSecond))} tok/s`],
    ['Tokens in', usage === null ? '–' : formatCount(usage.promptTokens)],
    ['Tokens out', usage === null ? `≈ ${turn.pieces}` : formatCount(usage.completionTokens)],
    ['Charged', <LaneCharge key="charge" lane={lane} />],
  ]
  return (
    <dl className="num grid grid-cols-[repeat(auto-fit,minmax(84px,1fr))] gap-x-3 gap-y-1 border-t border-line pt-3">
      {figures.map(([term, value]) => (
        <div key={term} className="min-w-0">
          <dt className="text-12 text-muted">{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** How often it is looked whether the charge is posted. */
const LOOK_EVERY_MS = 700

/** What the ledger charged for this very call, once it is posted: never a guess by the price list. */
function LaneCharge({ lane }: { lane: Lane }): ReactElement {
  const { turn, taskId } = lane
  const isOver = turn.state !== 'waiting' && turn.state !== 'streaming'
  const isCharged = turn.answer !== '' || turn.usage !== null
  const task = useQuery({
    ...apiQuery('getTask', { params: { taskId } }),
    enabled: isOver && isCharged,
    refetchInterval: ({ state }) => (state.data?.attempts.length ? false : LOOK_EVERY_MS),
  })
  if (!isOver) return <>–</>
  if (!isCharged) return <span title="No output, no charge">nothing</span>
  const usd = task.data?.costUsd
  return usd === undefined || usd === null ? (
    <span className="text-muted">posting…</span>
  ) : (
    <Money amount={usd} />
  )
}
