/** The same numbers as a chart of lines, as a table: newest instant first. */
import { type ReactElement, useMemo } from 'react'
import type { LineShape } from './lines.ts'
import { StackTable } from './stack-table.tsx'

interface LineTableProps {
  readonly label: string
  readonly shape: LineShape
  readonly renderValue: (value: number) => string
}

export function LineTable({ label, shape, renderValue }: LineTableProps): ReactElement {
  const { seconds, lines } = shape
  const asStack = useMemo(
    () => ({
      edges: [...seconds, (seconds.at(-1) ?? 0) + 1],
      series: lines.map((line) => ({ ...line, isHatched: false })),
    }),
    [seconds, lines],
  )
  return <StackTable label={label} shape={asStack} renderValue={renderValue} />
}
