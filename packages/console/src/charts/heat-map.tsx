/**
 * A calendar as a grid: one row a day, one column an hour, the darker the more. A cell without a number is drawn as a
 * gap. It is a table, so that it can be read without seeing it.
 */
import type { KeyboardEvent, ReactElement } from 'react'

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
  readonly columns: readonly string[]
  /** So many columns share the room of one name. */
  readonly labelEvery: number
  readonly rows: readonly HeatRow[]
  /** What picking a cell does, said after its title. */
  readonly pickWords: string
  readonly onPick: (cell: HeatCell) => void
}

/** Arrow keys go from cell to cell; only one of them takes part in tabbing. */
function onCellKey(event: KeyboardEvent<HTMLTableElement>): void {
  const cells = [...event.currentTarget.querySelectorAll('button')]
  const at = cells.findIndex((cell) => cell === event.target)
  const { left, top } =
    event.target instanceof Element ? event.target.getBoundingClientRect() : { left: 0, top: 0 }
  const inColumn = (isBelow: boolean): HTMLButtonElement | undefined => {
    const column = cells.filter((cell) => Math.abs(cell.getBoundingClientRect().left - left) < 2)
    return isBelow
      ? column.find((cell) => cell.getBoundingClientRect().top > top + 2)
      : column.findLast((cell) => cell.getBoundingClientRect().top < top - 2)
  }
  const steps: Readonly<Record<string, () => HTMLButtonElement | undefined>> = {
    ArrowLeft: () => cells[at - 1],
    ArrowRight: () => cells[at + 1],
    ArrowUp: () => inColumn(false),
    ArrowDown: () => inColumn(true),
  }
  const next = steps[event.key]?.()
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

export function HeatMap({
  label,
  columns,
  labelEvery,
  rows,
  pickWords,
  onPick,
}: HeatMapProps): ReactElement {
  const first = rows.flatMap((row) => row.cells).find(({ share }) => share !== null)
  return (
    <div className="relative overflow-x-auto" role="region" aria-label={label}>
      <table
        className="num w-full border-separate border-spacing-[2px] text-12"
        onKeyDown={onCellKey}
      >
        <thead className="text-muted">
          <tr>
            <th scope="col">
              <span className="sr-only">Day</span>
            </th>
            {columns.map((column, index) => (
              <th key={column} scope="col" className="min-w-[18px] text-left font-normal">
                <span className={index % labelEvery === 0 ? '' : 'sr-only'}>{column}</span>
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
                <Cell
                  key={cell.id}
                  cell={cell}
                  isFirst={cell === first}
                  pickWords={pickWords}
                  onPick={onPick}
                />
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
  readonly isFirst: boolean
  readonly pickWords: string
  readonly onPick: (cell: HeatCell) => void
}

function Cell({ cell, isFirst, pickWords, onPick }: CellProps): ReactElement {
  const { share, title } = cell
  if (share === null)
    return (
      <td className="h-6 rounded-[2px] border border-dashed border-line p-0">
        <span className="sr-only">over, or not known</span>
      </td>
    )
  const percent = Math.round(8 + share * 92)
  return (
    <td
      title={title}
      style={{ backgroundColor: `color-mix(in srgb, var(--accent) ${percent}%, var(--bg))` }}
      className="h-6 rounded-[2px] p-0"
    >
      <button
        type="button"
        tabIndex={isFirst ? 0 : -1}
        className="block h-6 w-full rounded-[2px]"
        aria-label={`${title}; ${pickWords}`}
        onClick={() => onPick(cell)}
      />
    </td>
  )
}

/** From nothing to all of it, for the words below a map. */
export function HeatScale(): ReactElement {
  return (
    <span aria-hidden="true" className="mt-1 flex shrink-0 gap-0.5">
      {[8, 31, 54, 77, 100].map((percent) => (
        <span
          key={percent}
          className="size-2.5 rounded-[2px]"
          style={{ backgroundColor: `color-mix(in srgb, var(--accent) ${percent}%, var(--bg))` }}
        />
      ))}
    </span>
  )
}
