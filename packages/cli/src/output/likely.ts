/** A column of lists: by when what waits has started, nine times in ten. Pure. */
import type { ExpectedStart } from '@spillway/contract'
import type { Column } from './table.ts'
import { renderClock } from './time.ts'

interface Waiting {
  readonly expectedStart: ExpectedStart | null
}

/** Nothing where nothing waits. */
export function likelyColumns<Row extends Waiting>(
  rows: readonly Row[],
  nowMs: number,
): readonly Column<Row>[] {
  if (rows.every(({ expectedStart }) => expectedStart === null)) return []
  const cell = ({ expectedStart }: Row) => {
    if (expectedStart === null) return ''
    return expectedStart.p90At === null ? 'unknown' : renderClock(expectedStart.p90At, nowMs)
  }
  return [{ heading: '90% BY', cell }]
}
