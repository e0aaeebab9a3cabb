/** The figures of a simulation, variant beside variant: as they are, or as differences to the base, with their intervals. */
import type { SimulationEstimate, SimulationVariant } from '@spillway/contract'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Intervals } from '../../charts/intervals.tsx'
import { Segmented } from '../../ui/button.tsx'
import { Section } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import {
  DRAWN,
  formatDifferenceEstimate,
  formatEstimate,
  halfWidth,
  isClear,
  type MeasureLook,
  MEASURES,
} from './measures.ts'

const route = getRouteApi('/app/plan/$simulationId')

type Variants = readonly SimulationVariant[]

/** A figure of a variant as it is shown; null where nothing is known of it. */
interface Shown {
  readonly estimate: SimulationEstimate
  readonly text: string
  readonly isFaint: boolean
}

type Reading = (variant: SimulationVariant, look: MeasureLook) => Shown | null

const asItIs: Reading = ({ measures }, { id, unit }) => {
  const estimate = measures[id]
  return estimate ? { estimate, text: formatEstimate(estimate, unit), isFaint: false } : null
}

/** What cannot be told from no difference is faint. */
const asDifference: Reading = (variant, look) => {
  if (!variant.differences) return asItIs(variant, look)
  const estimate = variant.differences[look.id]
  if (!estimate) return null
  const text = formatDifferenceEstimate(estimate, look.unit)
  return { estimate, text, isFaint: estimate.within !== null && !isClear(estimate) }
}

export function Comparison({ variants }: { readonly variants: Variants }): ReactElement {
  const { figures } = route.useSearch()
  const navigate = route.useNavigate()
  const hasDifferences = variants.some(({ differences }) => differences !== undefined)
  const isDifference = hasDifferences && figures === 'difference'
  return (
    <>
      <Section
        title={
          <>
            Side by side{' '}
            <span className="text-13 font-normal text-muted">
              {isDifference
                ? 'less the base, seed by seed: mean and 95 % confidence interval'
                : 'mean and 95 % confidence interval over the seeds'}
            </span>
          </>
        }
        aside={
          hasDifferences && (
            <Segmented
              label="Figures"
              value={isDifference ? 'difference' : 'each'}
              choices={[
                { value: 'each', label: 'Each' },
                { value: 'difference', label: 'Difference to the base' },
              ]}
              onChange={(value) =>
                void navigate({
                  search: (before) => ({
                    ...before,
                    figures: value === 'difference' ? ('difference' as const) : undefined,
                  }),
                  replace: true,
                })
              }
            />
          )
        }
      >
        <div className="grid gap-x-10 gap-y-5 lg:grid-cols-2">
          {MEASURES.filter(({ id }) => DRAWN.includes(id)).map((look) => (
            <Measure key={look.id} look={look} variants={variants} isDifference={isDifference} />
          ))}
        </div>
      </Section>
      <MeasureTable variants={variants} isDifference={isDifference} />
    </>
  )
}

interface MeasureProps {
  readonly look: MeasureLook
  readonly variants: Variants
  readonly isDifference: boolean
}

function Measure({ look, variants, isDifference }: MeasureProps): ReactElement {
  const drawn = isDifference ? variants.filter(({ differences }) => differences) : variants
  const rows = drawn.flatMap((variant) => {
    const shown = (isDifference ? asDifference : asItIs)(variant, look)
    if (!shown) return []
    const { estimate, text } = shown
    const { name } = variant
    const [mean, half] = [estimate.mean, halfWidth(estimate)]
    return [{ id: name, label: name, mean, low: mean - half, high: mean + half, text }]
  })
  return (
    <div className="min-w-0">
      <h3 className="mb-1 font-medium">{look.label}</h3>
      <Intervals label={look.label} rows={rows} />
    </div>
  )
}

interface MeasureTableProps {
  readonly variants: Variants
  readonly isDifference: boolean
}

function MeasureTable({ variants, isDifference }: MeasureTableProps): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const columns = useMemo((): readonly TableColumn<MeasureLook>[] => {
    const reading = isDifference ? asDifference : asItIs
    return [
      { id: 'measure', header: 'Figure', cell: ({ label }) => label, text: ({ label }) => label },
      ...variants.map((variant): TableColumn<MeasureLook> => ({
        id: variant.name,
        header:
          variant.policy === 'spillway' ? variant.name : `${variant.name} (${variant.policy})`,
        isNumeric: true,
        cell: (look) => {
          const shown = reading(variant, look)
          return (
            <span className={`num ${shown?.isFaint ? 'text-muted' : ''}`}>
              {shown?.text ?? '—'}
            </span>
          )
        },
        text: (look) => String(reading(variant, look)?.estimate.mean ?? ''),
      })),
    ]
  }, [variants, isDifference])
  return (
    <div
      className="relative min-w-0 overflow-x-auto [&_th]:top-0"
      tabIndex={0}
      role="region"
      aria-label="All figures"
    >
      <DataTable
        label="All figures"
        rows={MEASURES}
        rowId={({ id }) => id}
        columns={columns}
        filters={
          <h2 className="text-15 font-bold">
            All figures{' '}
            {isDifference && (
              <span className="text-13 font-normal text-muted">
                variants less the base; what cannot be told from no difference is grey
              </span>
            )}
          </h2>
        }
        view={{ hide: search.hide }}
        onView={({ hide }) =>
          void navigate({ search: (before) => ({ ...before, hide }), replace: true })
        }
        empty={null}
      />
    </div>
  )
}
