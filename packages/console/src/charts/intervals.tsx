/** Means with their confidence intervals, one row each on a shared scale from zero: read differences, not levels. */
import type { ReactElement } from 'react'

export interface IntervalRow {
  readonly id: string
  readonly label: string
  readonly mean: number
  /** The ends of the interval; both the mean where there is none. */
  readonly low: number
  readonly high: number
  /** As it is read: `54.0 % ± 1.3 %`. */
  readonly text: string
}

interface IntervalsProps {
  readonly label: string
  readonly rows: readonly IntervalRow[]
}

/** Left free at both ends, so that a dot stands inside. */
const EDGE_PART = 0.03

/** Where a value stands on the scale, in percent. The scale always holds zero. */
function scaleOf(rows: readonly IntervalRow[]): (value: number) => number {
  const lowest = Math.min(0, ...rows.map(({ low }) => low))
  const highest = Math.max(0, ...rows.map(({ high }) => high))
  const edge = (highest - lowest || 1) * EDGE_PART
  const span = highest - lowest + 2 * edge
  return (value) => ((value - lowest + edge) / span) * 100
}

export function Intervals({ label, rows }: IntervalsProps): ReactElement {
  const place = scaleOf(rows)
  return (
    <dl
      aria-label={label}
      className="grid grid-cols-[minmax(0,auto)_minmax(80px,1fr)_auto] items-center gap-x-3"
    >
      {rows.map(({ id, label: name, mean, low, high, text }) => (
        <div key={id} className="col-span-3 grid h-7 grid-cols-subgrid items-center">
          <dt className="max-w-44 truncate text-muted" title={name}>
            {name}
          </dt>
          <dd aria-hidden="true" className="relative h-full">
            <span
              className="absolute inset-y-0 border-l border-line-strong"
              style={{ left: `${place(0)}%` }}
            />
            <span
              className="absolute top-1/2 h-0.5 -translate-y-1/2 bg-accent"
              style={{ left: `${place(low)}%`, right: `${100 - place(high)}%` }}
            />
            <span
              className="absolute top-1/2 size-2 -translate-1/2 rounded-full bg-accent"
              style={{ left: `${place(mean)}%` }}
            />
          </dd>
          <dd className="num text-right whitespace-nowrap">{text}</dd>
        </div>
      ))}
    </dl>
  )
}
