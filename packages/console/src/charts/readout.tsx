/** What a chart says beside the pointer: the instant, and the value of each series at it. */
import type { ReactElement } from 'react'
import { exactInstant } from '../ui/format/time.ts'
import type { StackSeries } from './stack.ts'
import { Swatch } from './swatch.tsx'

const AXIS_WIDTH = 52
const READOUT_WIDTH = 196

interface ReadoutProps {
  readonly second: number
  /** Where the pointer is, in pixels from the left edge of the plot. */
  readonly left: number
  readonly lines: readonly {
    readonly series: Omit<StackSeries, 'values'>
    readonly value: number | null
  }[]
  readonly renderValue: (value: number) => string
  readonly renderSecond?: ((second: number) => string) | undefined
}

function instant(second: number): string {
  return exactInstant(new Date(second * 1000).toISOString()).replace(/:\d\d\.\d+/, '')
}

export function Readout({
  second,
  left,
  lines,
  renderValue,
  renderSecond = instant,
}: ReadoutProps): ReactElement {
  const isRight = left < READOUT_WIDTH + 40
  const x = AXIS_WIDTH + left
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-2 z-10 rounded-base border border-line-strong bg-bg px-2.5 py-1.5"
      style={{ width: READOUT_WIDTH, left: isRight ? x + 12 : x - READOUT_WIDTH - 12 }}
    >
      <p className="num mb-1 text-12 text-muted">{renderSecond(second)}</p>
      {lines.map(({ series, value }) => (
        <p key={series.id} className="flex items-center gap-1.5">
          <Swatch series={series} />
          <span className="flex-1 truncate">{series.label}</span>
          <span className="num">{value === null ? '—' : renderValue(value)}</span>
        </p>
      ))}
    </div>
  )
}
