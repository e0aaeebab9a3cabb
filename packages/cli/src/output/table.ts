/** Aligned tables and field lists. Pure: rows in, text out. Cells are made safe to show; colours are added last. */
import { padPoints } from './amount.ts'
import type { Paint, Colour } from './paint.ts'
import { displayWidth, padEnd, padStart, toLine, truncate } from './text.ts'

/** `amount` columns line up at their decimal points. */
export type Alignment = 'left' | 'right' | 'amount'

export interface Column<Row> {
  readonly heading: string
  readonly align?: Alignment
  /** The one column that gives way when a terminal is too narrow. Identifiers never are. */
  readonly isFlexible?: boolean
  readonly cell: (row: Row) => string
  readonly colour?: (row: Row) => Colour | null
}

export interface TableOptions {
  readonly paint: Paint
  /** Width of the terminal; null where the output is not one, and nothing is cut. */
  readonly columnsMax: number | null
  /** Set apart below the rows. */
  readonly footer?: readonly string[]
}

const GAP = '  '
const FLEXIBLE_MIN = 12

export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string {
  const footer = options.footer ? [options.footer] : []
  const cells = columns.map((column, index) =>
    cellsOf(column, [...rows.map(column.cell), ...footer.map((line) => line[index] ?? '')]),
  )
  const widths = columns.map((column, index) => width([column.heading, ...(cells[index] ?? [])]))
  shrink(columns, widths, options.columnsMax)
  const line = (texts: readonly string[], colourOf: (index: number) => Colour | null): string =>
    columns
      .map((column, index) => {
        const fitted = fit(column, truncate(texts[index] ?? '', widths[index] ?? 0), widths[index])
        const colour = colourOf(index)
        return colour === null ? fitted : options.paint(colour, fitted)
      })
      .join(GAP)
      .trimEnd()
  const headings = columns.map((column) => toLine(column.heading))
  const body = rows.map((row, at) =>
    line(
      cells.map((texts) => texts[at] ?? ''),
      (index) => columns[index]?.colour?.(row) ?? null,
    ),
  )
  const foot = footer.map(() =>
    line(
      cells.map((texts) => texts[rows.length] ?? ''),
      () => 'bold',
    ),
  )
  return [line(headings, () => 'dim'), ...body, ...foot].join('\n')
}

/** Labels and values in two columns; a null value leaves its line out. */
export function renderFields(
  fields: readonly (readonly [label: string, value: string | null])[],
  paint: Paint,
): string {
  const shown = fields.filter((field): field is [string, string] => field[1] !== null)
  const columns = width(shown.map(([label]) => label))
  return shown
    .map(([label, value]) => `${paint('dim', padEnd(label, columns))}${GAP}${value}`)
    .join('\n')
}

function cellsOf<Row>(column: Column<Row>, texts: readonly string[]): readonly string[] {
  const lines = texts.map(toLine)
  return column.align === 'amount' ? padPoints(lines) : lines
}

function width(texts: readonly string[]): number {
  return texts.reduce((widest, text) => Math.max(widest, displayWidth(text)), 0)
}

function fit<Row>(column: Column<Row>, text: string, columns = 0): string {
  return (column.align ?? 'left') === 'left' ? padEnd(text, columns) : padStart(text, columns)
}

/** Takes what the terminal lacks from the flexible column. */
function shrink<Row>(
  columns: readonly Column<Row>[],
  widths: number[],
  columnsMax: number | null,
): void {
  const flexible = columns.findIndex((column) => column.isFlexible === true)
  if (columnsMax === null || flexible < 0) return
  const total = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1)
  if (total <= columnsMax) return
  widths[flexible] = Math.max(FLEXIBLE_MIN, (widths[flexible] ?? 0) - (total - columnsMax))
}
