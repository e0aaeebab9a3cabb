/**
 * The one table: sticky header, sorting and columns chosen by the reader, CSV of what is shown, rows that open with a
 * click or with the keyboard. It does not fetch; long lists render only what is near the window.
 */
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  type RowData,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { type KeyboardEvent, type ReactElement, type ReactNode, useMemo, useRef } from 'react'
import { Icon, type IconName } from '../icons.tsx'
import {
  compareValues,
  hiddenColumns,
  parseSort,
  renderSort,
  type SortValue,
  type TableColumn,
  type TableView,
} from './column.ts'
import { ROW_HEIGHT, useRowWindow } from './row-window.ts'
import { TableTools } from './table-tools.tsx'

const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  sortedRowModel: createSortedRowModel(),
})

export interface DataTableProps<Row extends RowData> {
  /** What the rows are; names the table and the CSV file. */
  readonly label: string
  readonly rows: readonly Row[]
  readonly rowId: (row: Row) => string
  readonly columns: readonly TableColumn<Row>[]
  readonly view?: TableView
  readonly onView?: (view: TableView) => void
  readonly onOpen?: (row: Row) => void
  /** Filters, left of the tools. */
  readonly filters?: ReactNode
  readonly empty: ReactNode
}

/** By the width of the table itself, whatever stands beside it. */
const FROM = {
  narrow: '@max-[440px]:hidden',
  medium: '@max-[640px]:hidden',
  wide: '@max-[860px]:hidden',
  widest: '@max-[1280px]:hidden',
}

function cellClass<Row>(column: TableColumn<Row>): string {
  const narrow = column.from ? FROM[column.from] : ''
  const wide = column.isWide ? 'w-full min-w-32 max-w-0 truncate' : 'whitespace-nowrap'
  return `px-2.5 first:pl-0 last:pr-0 ${column.isNumeric ? 'text-right' : 'text-left'} ${wide} ${narrow}`
}

function ariaSort(direction: false | 'asc' | 'desc'): 'ascending' | 'descending' | 'none' {
  if (direction === false) return 'none'
  return direction === 'asc' ? 'ascending' : 'descending'
}

/** Moves the focus between rows; Enter opens. */
function onRowKey(event: KeyboardEvent<HTMLTableRowElement>, open: () => void): void {
  if (event.target !== event.currentTarget) return
  const row = event.currentTarget
  const next = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling
  if (event.key === 'Enter') open()
  else if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  else if (next instanceof HTMLTableRowElement && next.hasAttribute('tabindex')) next.focus()
  event.preventDefault()
}

function useReaderTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { columns, view = {}, onView } = props
  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.header,
        accessorFn: (row: Row): SortValue => column.value?.(row) ?? null,
        enableSorting: column.value !== undefined,
        sortUndefined: 'last' as const,
        sortFn: (
          left: { getValue: (id: string) => unknown },
          right: { getValue: (id: string) => unknown },
          id: string,
        ) => compareValues(left.getValue(id) as SortValue, right.getValue(id) as SortValue),
      })),
    [columns],
  )
  const sorting = useMemo(() => parseSort(view.sort), [view.sort])
  const columnVisibility = useMemo(
    () => Object.fromEntries(hiddenColumns(view.hide).map((id) => [id, false])),
    [view.hide],
  )
  const data = useMemo(() => [...props.rows], [props.rows])
  return useTable({
    features,
    columns: definitions,
    data,
    getRowId: props.rowId,
    state: { sorting, columnVisibility },
    onSortingChange: (updater) => {
      const next = typeof updater === 'function' ? updater(sorting) : updater
      onView?.({ ...view, sort: renderSort(next) })
    },
  })
}

export function DataTable<Row extends RowData>(props: DataTableProps<Row>): ReactElement {
  const table = useReaderTable(props)
  const body = useRef<HTMLTableSectionElement>(null)
  const rows = table.getRowModel().rows
  const shown = useRowWindow(rows.length, body)
  const columnOf = new Map(props.columns.map((column) => [column.id, column]))
  const visible = table.getVisibleLeafColumns().flatMap((column) => columnOf.get(column.id) ?? [])
  const original = rows.map((row) => row.original)
  return (
    <div className="@container">
      {(props.filters || props.onView) && (
        <TableTools {...props} visible={visible} sortedRows={original} />
      )}
      {rows.length === 0 ? (
        <div className="mt-2">{props.empty}</div>
      ) : (
        <table
          className="w-full border-collapse"
          aria-label={props.label}
          aria-rowcount={rows.length + 1}
        >
          <thead>
            <tr>
              {table.getVisibleLeafColumns().map((column) => {
                const own = columnOf.get(column.id)
                if (own === undefined) return null
                return (
                  <th
                    key={column.id}
                    scope="col"
                    aria-sort={column.getCanSort() ? ariaSort(column.getIsSorted()) : undefined}
                    className={`sticky top-12 z-10 h-8 border-b border-line bg-bg text-12 font-medium text-muted ${cellClass(own)}`}
                  >
                    {column.getCanSort() && props.onView ? (
                      <SortButton
                        header={own.header}
                        isNumeric={own.isNumeric ?? false}
                        direction={column.getIsSorted()}
                        onSort={() => column.toggleSorting()}
                      />
                    ) : (
                      <span className={own.isHeaderHidden ? 'sr-only' : ''}>{own.header}</span>
                    )}
                  </th>
                )
              })}
            </tr>
          </thead>
          <tbody ref={body}>
            <Spacer rows={shown.first} />
            {rows.slice(shown.first, shown.last).map((row, index) => (
              <Row
                key={row.id}
                row={row.original}
                columns={visible}
                position={shown.first + index + 2}
                isFirst={index === 0}
                onOpen={props.onOpen}
              />
            ))}
            <Spacer rows={rows.length - Math.min(shown.last, rows.length)} />
          </tbody>
        </table>
      )}
    </div>
  )
}

function Spacer({ rows }: { rows: number }): ReactElement | null {
  return rows > 0 ? <tr aria-hidden="true" style={{ height: rows * ROW_HEIGHT }} /> : null
}

interface SortButtonProps {
  readonly header: string
  readonly isNumeric: boolean
  readonly direction: false | 'asc' | 'desc'
  readonly onSort: () => void
}

function SortButton({ header, isNumeric, direction, onSort }: SortButtonProps): ReactElement {
  const arrow: IconName = direction === 'asc' ? 'up' : 'down'
  return (
    <button
      type="button"
      onClick={onSort}
      className={`group inline-flex items-center gap-1 align-middle hover:text-text ${isNumeric ? 'flex-row-reverse' : ''} ${direction ? 'text-text' : ''}`}
    >
      {header}
      <span
        className={
          direction ? '' : 'opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60'
        }
      >
        <Icon name={arrow} size={11} />
      </span>
    </button>
  )
}

interface RowProps<Row> {
  readonly row: Row
  readonly columns: readonly TableColumn<Row>[]
  readonly position: number
  readonly isFirst: boolean
  readonly onOpen: ((row: Row) => void) | undefined
}

function Row<Row>({ row, columns, position, isFirst, onOpen }: RowProps<Row>): ReactElement {
  const opens = onOpen && {
    tabIndex: isFirst ? 0 : -1,
    onClick: () => {
      if (getSelection()?.isCollapsed !== false) onOpen(row)
    },
    onKeyDown: (event: KeyboardEvent<HTMLTableRowElement>) => onRowKey(event, () => onOpen(row)),
  }
  return (
    <tr
      {...opens}
      aria-rowindex={position}
      className={`h-8 border-b border-line ${onOpen ? 'cursor-pointer hover:bg-surface focus-visible:bg-accent-soft focus-visible:-outline-offset-2' : ''}`}
    >
      {columns.map((column) => (
        <td key={column.id} className={`py-1 ${cellClass(column)}`}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}
