/** How right forecasts were: how often the peak stayed below each level, and how many promises broke. */
import type { ForecastAccuracy } from '@spillway/contract'
import type { ReactElement } from 'react'
import { formatCount, formatShare, plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { type Calibration, calibrationOf, renderOff } from './forecast-shape.ts'

/** A bar for what came, and a mark where it should end. */
function Bar({ level }: { level: Calibration }): ReactElement {
  return (
    <span
      aria-hidden="true"
      className="relative block h-2.5 w-full min-w-24 rounded-[2px] bg-sunken"
    >
      <span
        className="absolute inset-y-0 left-0 rounded-[2px] bg-accent"
        style={{ width: `${level.actual * 100}%` }}
      />
      <span
        className="absolute -inset-y-1 w-0.5 bg-text"
        style={{ left: `calc(${level.nominal * 100}% - 1px)` }}
      />
    </span>
  )
}

const LEVELS: readonly TableColumn<Calibration>[] = [
  { id: 'level', header: 'Level', value: ({ nominal }) => nominal, cell: ({ id }) => id },
  {
    id: 'actual',
    header: 'Stayed below',
    isNumeric: true,
    value: ({ actual }) => actual,
    cell: ({ actual }) => <span className="num">{formatShare(actual)}</span>,
  },
  {
    id: 'bar',
    header: 'Actual, and what it should be',
    isHeaderHidden: true,
    isWide: true,
    from: 'narrow',
    cell: (level) => <Bar level={level} />,
  },
  {
    id: 'off',
    header: 'Off by',
    isNumeric: true,
    value: ({ off }) => off,
    cell: ({ off }) => renderOff(off),
  },
]

export function CalibrationSection({ accuracy }: { accuracy: ForecastAccuracy }): ReactElement {
  const levels = calibrationOf(accuracy)
  return (
    <Section
      title={
        <>
          Calibration{' '}
          <span className="text-13 font-normal text-muted">
            {plural(accuracy.forecasts, 'forecast')} of {accuracy.horizonHours} h, 31 days
          </span>
        </>
      }
    >
      <DataTable
        label="Calibration"
        rows={levels}
        rowId={({ id }) => id}
        columns={LEVELS}
        empty={
          <Empty>
            No forecast of this horizon has passed yet. How often the peak stayed below each level
            would be here.
          </Empty>
        }
      />
    </Section>
  )
}

const PROMISES: readonly TableColumn<ForecastAccuracy>[] = [
  {
    id: 'horizon',
    header: 'Promised for',
    value: ({ horizonHours }) => horizonHours,
    cell: ({ horizonHours }) => `${horizonHours} h`,
  },
  {
    id: 'promises',
    header: 'Hours with a promise',
    isNumeric: true,
    from: 'narrow',
    value: ({ promises }) => promises,
    cell: ({ promises }) => <span className="num">{formatCount(promises)}</span>,
  },
  {
    id: 'breaches',
    header: 'Breaches',
    isNumeric: true,
    value: ({ breaches }) => breaches,
    cell: ({ breaches }) => <span className="num">{formatCount(breaches)}</span>,
  },
  {
    id: 'share',
    header: 'Share',
    isWide: true,
    value: ({ promises, breaches }) => (promises === 0 ? null : breaches / promises),
    cell: ({ promises, breaches }) =>
      promises === 0 ? (
        <span className="text-muted">nothing promised</span>
      ) : (
        <StateWord tone={breaches === 0 ? 'good' : 'warn'}>
          {breaches === 0 ? 'none broke' : `${formatShare(breaches / promises)} broke`}
        </StateWord>
      ),
  },
]

export function BreachSection({
  accuracy,
}: {
  accuracy: readonly ForecastAccuracy[]
}): ReactElement {
  return (
    <Section
      title={
        <>
          Promises <span className="text-13 font-normal text-muted">last 31 days</span>
        </>
      }
    >
      <DataTable
        label="Promises"
        rows={accuracy}
        rowId={({ horizonHours }) => String(horizonHours)}
        columns={PROMISES}
        empty={null}
      />
    </Section>
  )
}
