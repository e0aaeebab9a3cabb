/** The little square that stands for a series beside its name. */
import type { ReactElement } from 'react'
import type { StackSeries } from './stack.ts'

export function Swatch({
  series,
}: {
  series: Pick<StackSeries, 'colour' | 'isHatched'>
}): ReactElement {
  const fill = series.colour === null ? {} : { backgroundColor: `var(${series.colour})` }
  const look =
    series.colour === null ? 'border border-line-strong' : series.isHatched ? 'hatched' : ''
  return (
    <span
      aria-hidden="true"
      className={`inline-block size-2.5 shrink-0 rounded-[2px] ${look}`}
      style={fill}
    />
  )
}
