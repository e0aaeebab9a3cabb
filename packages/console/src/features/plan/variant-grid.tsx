/** The variants of a plan side by side: one column each, one row for what can differ. An empty cell is as in the base. */
import type { Pool } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { AS_BASE, type PlanDraft, POLICIES, type VariantDraft } from './plan-draft.ts'

type Field = Exclude<keyof VariantDraft, 'name'>

interface RowLook {
  readonly field: Field
  readonly label: string
  readonly unit: string
  /** What the base is when it says nothing. */
  readonly usual: (pool: Pool) => string
}

const ROWS: readonly RowLook[] = [
  {
    field: 'nodes',
    label: 'Nodes',
    unit: '',
    usual: ({ slotsTotal, slotsPerNodeMax }) =>
      String(Math.max(1, Math.round(slotsTotal / Math.max(1, slotsPerNodeMax)))),
  },
  {
    field: 'gpusPerNode',
    label: 'GPUs per node',
    unit: '',
    usual: ({ slotsPerNodeMax }) => String(slotsPerNodeMax),
  },
  { field: 'meanPercent', label: 'Owner’s mean use', unit: '% of all GPUs', usual: () => '65' },
  {
    field: 'spotLoad',
    label: 'Spot demand',
    unit: '× a studied cluster',
    usual: () => '2',
  },
  {
    field: 'spotPrice',
    label: 'Spot price',
    unit: '$ / GPU-h',
    usual: ({ priceUsdPerGpuHour }) => priceUsdPerGpuHour.spot,
  },
  { field: 'reservedGpus', label: 'Reserved GPUs', unit: 'sold for long', usual: () => 'none' },
  {
    field: 'reservedUsdPerMonth',
    label: 'Reserved, for',
    unit: '$ a month',
    usual: () => 'none',
  },
]

const VARIANTS_MAX = 11

interface VariantGridProps {
  readonly draft: PlanDraft
  readonly pool: Pool
  readonly onChange: (draft: PlanDraft) => void
}

export function VariantGrid({ draft, pool, onChange }: VariantGridProps): ReactElement {
  const all = [draft.base, ...draft.variants]
  const change = (at: number, part: Partial<VariantDraft>): void => {
    if (at === 0) onChange({ ...draft, base: { ...draft.base, ...part } })
    else
      onChange({
        ...draft,
        variants: draft.variants.map((each, index) =>
          index === at - 1 ? { ...each, ...part } : each,
        ),
      })
  }
  return (
    <div
      className="relative overflow-x-auto pb-2"
      tabIndex={0}
      role="region"
      aria-label="Variants side by side"
    >
      <table className="border-separate border-spacing-x-2 border-spacing-y-1">
        <thead>
          <tr>
            <th scope="col">
              <span className="sr-only">What differs</span>
            </th>
            {all.map((variant, at) => (
              <th key={at} scope="col" className="min-w-36 pb-1 text-left font-medium">
                {at === 0 ? (
                  'base'
                ) : (
                  <span className="flex items-center gap-1">
                    <input
                      aria-label={`Name of variant ${at}`}
                      className="control w-full min-w-0 font-medium"
                      value={variant.name}
                      onChange={(event) => change(at, { name: event.target.value })}
                    />
                    <IconButton
                      icon="cross"
                      label={`Remove ${variant.name}`}
                      onClick={() =>
                        onChange({ ...draft, variants: draft.variants.toSpliced(at - 1, 1) })
                      }
                    />
                  </span>
                )}
              </th>
            ))}
            <th className="align-middle font-normal">
              {draft.variants.length < VARIANTS_MAX && (
                <Button
                  icon="plus"
                  onClick={() =>
                    onChange({
                      ...draft,
                      variants: [
                        ...draft.variants,
                        { ...AS_BASE, name: `variant ${draft.variants.length + 1}` },
                      ],
                    })
                  }
                >
                  Variant
                </Button>
              )}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row" className="pr-2 text-left font-normal whitespace-nowrap">
              Policy
            </th>
            {all.map((variant, at) => (
              <td key={at}>
                <select
                  aria-label={`Policy of ${variant.name}`}
                  className={`control w-full ${variant.policy === '' ? 'text-muted' : ''}`}
                  value={variant.policy}
                  onChange={(event) => change(at, { policy: event.target.value })}
                >
                  <option value="">{at === 0 ? 'spillway' : 'as the base'}</option>
                  {POLICIES.filter((policy) => at > 0 || policy !== 'spillway').map((policy) => (
                    <option key={policy} value={policy}>
                      {policy}
                    </option>
                  ))}
                </select>
              </td>
            ))}
          </tr>
          {ROWS.map((row) => (
            <tr key={row.field}>
              <th scope="row" className="pr-2 text-left font-normal whitespace-nowrap">
                {row.label} <span className="text-12 text-muted">{row.unit}</span>
              </th>
              {all.map((variant, at) => (
                <td key={at}>
                  <input
                    aria-label={`${row.label} of ${variant.name}`}
                    inputMode="decimal"
                    autoComplete="off"
                    className="control num w-full min-w-0"
                    placeholder={(at > 0 && draft.base[row.field].trim()) || row.usual(pool)}
                    value={variant[row.field]}
                    onChange={(event) => change(at, { [row.field]: event.target.value })}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
