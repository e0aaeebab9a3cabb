/**
 * A calendar as a grid: one row a day, one column an hour, the darker the more. A cell without a number is drawn as a
 * gap. It is a table, so that it can be read without seeing it.
 */
import type { ReactElement } from 'react'

export interface HeatRow {
  readonly id: string
  /** `Mon 3 Dec`. */
  readonly label: string
  readonly cells: readonly HeatCell[]
}

export interface HeatCell {
  readonly id: string
  /** From 0 to 1; null where nothing is known. */
  readonly share: number | null
  /** What it stands for, in full: `Mon 3 Dec 14:00: 12 of 128 GPUs, $1.40`. */
  readonly title: string
}

interface HeatMapProps {
  readonly label: string
  /** Over the columns; an empty word leaves one without. */
  readonly columns: readonly string[]
  readonly rows: readonly HeatRow[]
  readonly onPick?: (cell: HeatCell) => void
}

export function HeatMap({ label, columns, rows, onPick }: HeatMapProps): ReactElement {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="num w-full border-separate border-spacing-[2px] text-12">
        <thead className="text-muted">
          <tr>
            <td />
            {columns.map((column, index) => (
              <th key={index} scope="col" className="min-w-[18px] text-left font-normal">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row" className="pr-2 text-left font-normal whitespace-nowrap text-muted">
                {row.label}
              </th>
              {row.cells.map((cell) => (
                <Cell key={cell.id} cell={cell} onPick={onPick} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CellProps {
  readonly cell: HeatCell
  readonly onPick: ((cell: HeatCell) => void) | undefined
}

function Cell({ cell, onPick }: CellProps): ReactElement {
  const { share, title } = cell
  const percent = share === null ? 0 : Math.round(8 + share * 92)
  const look =
    share === null
      ? { border: '1px dashed var(--line)' }
      : { backgroundColor: `color-mix(in srgb, var(--accent) ${percent}%, var(--bg))` }
  const inside = onPick ? (
    <button
      type="button"
      className="block h-[20px] w-full cursor-pointer"
      aria-label={title}
      onClick={() => onPick(cell)}
    />
  ) : (
    <span className="sr-only">{title}</span>
  )
  return (
    <td title={title} style={look} className="h-[20px] rounded-[2px] p-0">
      {inside}
    </td>
  )
}
