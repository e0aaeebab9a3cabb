/** How requests of the log look: their outcome as a dot and words, their model, how long they took. */
import type { LoggedRequest } from '@spillway/contract'
import type { ReactElement } from 'react'
import { StateWord, type Tone } from '../../ui/state-word.tsx'

const TONES: Readonly<Record<LoggedRequest['outcome'], Tone>> = {
  answered: 'good',
  refused: 'warn',
  failed: 'bad',
  broken: 'bad',
  gone: 'idle',
  interrupted: 'bad',
}

function whyOf({ outcome, errorCode }: LoggedRequest): string | null {
  if (outcome === 'answered') return null
  return outcome === 'refused' || outcome === 'failed' ? (errorCode ?? outcome) : outcome
}

/** Such as `200`, `429 rate_limit_exceeded` or `200 broken`. */
export function outcomeWords(request: LoggedRequest): string {
  const why = whyOf(request)
  return why === null ? String(request.status) : `${request.status} ${why}`
}

export function OutcomeWord({ request }: { request: LoggedRequest }): ReactElement {
  return (
    <StateWord tone={TONES[request.outcome]} title={outcomeWords(request)}>
      {request.status}
      <span className="@max-[440px]:hidden">{whyOf(request)}</span>
    </StateWord>
  )
}

export function modelWords({ modelAsked, model }: LoggedRequest): string {
  const asked = modelAsked ?? '—'
  return model === null || model === modelAsked ? asked : `${asked} → ${model}`
}

const SECOND_MS = 1000

/** Fine where a gateway is, coarse where a model is. */
export function formatMs(ms: number): string {
  return ms < SECOND_MS ? `${ms} ms` : `${(ms / SECOND_MS).toFixed(ms < 10 * SECOND_MS ? 2 : 1)} s`
}
