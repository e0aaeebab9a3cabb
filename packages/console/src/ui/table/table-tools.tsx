/** Above a table: its filters, the choice of columns, and the CSV of what is shown. */
import type { ReactElement, ReactNode } from 'react'
import { IconButton } from '../button.tsx'
import { Icon } from '../icons.tsx'
import { Popover } from '../popover.tsx'
import { hiddenColumns, renderCsv, type TableColumn, type TableView } from './column.ts'
import { download } from './download.ts'

interface TableToolsProps<Row> {
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly visible: readonly TableColumn<Row>[]
  readonly sortedRows: readonly Row[]
  readonly view?: TableView
  readonly onView?: (view: TableView) => void
  readonly filters?: ReactNode
}

const TOOL =
  'inline-flex size-[30px] items-center justify-center rounded-base text-muted hover:bg-sunken hover:text-text'

function toggled(hide: string | undefined, id: string): string | undefined {
  const hidden = hiddenColumns(hide)
  const next = hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id]
  return next.length === 0 ? undefined : next.join(',')
}

export function TableTools<Row>(props: TableToolsProps<Row>): ReactElement {
  const { view = {}, onView } = props
  const hidden = hiddenColumns(view.hide)
  return (
    <div className="mb-1 flex min-h-[30px] flex-wrap items-center gap-2">
      {props.filters}
      <span className="flex-1" />
      {onView && (
        <span className="flex">
          <Popover label="Choose columns" buttonClass={TOOL} button={<Icon name="columns" />}>
            <fieldset className="p-1.5">
              <legend className="sr-only">Columns</legend>
              {props.columns
                .filter((column) => !column.isHeaderHidden)
                .map((column) => (
                  <label key={column.id} className="flex h-7 items-center gap-2 pr-2">
                    <input
                      type="checkbox"
                      className="size-3.5 accent-accent"
                      checked={!hidden.includes(column.id)}
                      onChange={() => onView({ ...view, hide: toggled(view.hide, column.id) })}
                    />
                    {column.header}
                  </label>
                ))}
            </fieldset>
          </Popover>
          <IconButton
            icon="download"
            label="Download what is shown as CSV"
            onClick={() =>
              download(`${fileName(props.label)}.csv`, renderCsv(props.visible, props.sortedRows))
            }
          />
        </span>
      )}
    </div>
  )
}

function fileName(label: string): string {
  return label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}
