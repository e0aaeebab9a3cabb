/** Values as readers see them: short in the text, exact in the title. */
import type { ReactElement } from 'react'
import { useNow } from './clock.ts'
import { exactMoney, formatMoney } from './format/money.ts'
import { exactQuantity, formatQuantity, type QuantityUnit } from './format/numbers.ts'
import { exactInstant, formatCountdown, formatDuration, formatRelative } from './format/time.ts'

export function Money({ amount, per }: { amount: string | bigint; per?: string }): ReactElement {
  return (
    <span className="num" title={exactMoney(amount)}>
      {formatMoney(amount)}
      {per && <span className="text-muted">/{per}</span>}
    </span>
  )
}

export function Quantity({
  quantity,
  unit,
}: {
  quantity: string
  unit: QuantityUnit
}): ReactElement {
  return (
    <span className="num" title={exactQuantity(quantity, unit)}>
      {formatQuantity(quantity, unit)}
    </span>
  )
}

const SECOND_MS = 1000
const AGO_STEP_MS = 10 * SECOND_MS
const MINUTE_MS = 60 * SECOND_MS

/** How long ago, kept current. */
export function Ago({ at }: { at: string }): ReactElement {
  const age = useNow(AGO_STEP_MS)
  const isYoung = Math.abs(age - Date.parse(at)) < MINUTE_MS
  return isYoung ? <YoungAgo at={at} /> : <AgoText at={at} nowMs={age} />
}

function YoungAgo({ at }: { at: string }): ReactElement {
  return <AgoText at={at} nowMs={useNow(SECOND_MS)} />
}

function AgoText({ at, nowMs }: { at: string; nowMs: number }): ReactElement {
  return (
    <time dateTime={at} title={exactInstant(at)} className="whitespace-nowrap">
      {formatRelative(at, nowMs)}
    </time>
  )
}

/** How long something has lasted, or lasted until its end. */
export function Lasted({ from, to }: { from: string; to?: string | null }): ReactElement {
  const nowMs = useNow(SECOND_MS)
  const endMs = to ? Date.parse(to) : nowMs
  return (
    <span
      className="num whitespace-nowrap"
      title={`since ${exactInstant(from)}${to ? `, until ${exactInstant(to)}` : ''}`}
    >
      {formatDuration(wholeSeconds(endMs - Date.parse(from)))}
    </span>
  )
}

function wholeSeconds(durationMs: number): number {
  return durationMs > 10 * SECOND_MS
    ? durationMs
    : Math.max(0, Math.floor(durationMs / SECOND_MS)) * SECOND_MS
}

const COUNTDOWN_STEP_MS = 250

export function Countdown({ until }: { until: string }): ReactElement {
  const nowMs = useNow(COUNTDOWN_STEP_MS)
  return (
    <span className="num" role="timer" title={exactInstant(until)}>
      {formatCountdown(Date.parse(until) - nowMs)}
    </span>
  )
}
