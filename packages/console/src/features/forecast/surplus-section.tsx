/** What may be sold of a pool now, from firm to loose, and how much of it can be placed. */
import type { TierSurplus } from '@spillway/contract'
import type { ReactElement } from 'react'
import type { Answer } from '../../api/client.ts'
import { formatCount, formatShare, plural } from '../../ui/format/numbers.ts'
import { type Figure, FigureRow, Section, Unit } from '../../ui/page.tsx'
import { KindWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'

type Surplus = Answer<'getSurplus'>

function tierWords({ tier, hours }: TierSurplus): string {
  return hours === null ? tier : `${tier}, ${hours} h`
}

/** At most five: what the owner has, then the firmest of each tier. */
export function SurplusFigures({ surplus }: { surplus: Surplus }): ReactElement {
  const { capacityGpus, anchorGpus, tiers } = surplus
  const firmest = tiers.filter(
    (tier, index) => tiers.findIndex((each) => each.tier === tier.tier) === index,
  )
  const gpus = (count: number): ReactElement => (
    <>
      <span className="num">{formatCount(count)}</span>
      <Unit>GPUs</Unit>
    </>
  )
  const figures: readonly Figure[] = [
    {
      label: 'The owner, now',
      value: gpus(anchorGpus),
      note:
        capacityGpus === 0
          ? 'no capacity'
          : `${formatShare(anchorGpus / capacityGpus)} of ${formatCount(capacityGpus)}, waiting included`,
    },
    ...firmest.map((tier) => ({
      label: `Sellable: ${tierWords(tier)}`,
      value: gpus(tier.gpus),
      note:
        tier.placeableGpus < tier.gpus
          ? `${formatCount(tier.placeableGpus)} of it can be placed now`
          : 'all of it can be placed now',
    })),
  ]
  return <FigureRow figures={figures.slice(0, 5)} />
}

function gangSizes(tiers: readonly TierSurplus[]): readonly number[] {
  return [...new Set(tiers.flatMap(({ gangs }) => gangs.map(({ gangGpus }) => gangGpus)))].toSorted(
    (a, b) => a - b,
  )
}

function columnsOf(tiers: readonly TierSurplus[]): readonly TableColumn<TierSurplus>[] {
  const count = (
    id: string,
    header: string,
    read: (tier: TierSurplus) => number | null,
  ): TableColumn<TierSurplus> => ({
    id,
    header,
    isNumeric: true,
    value: read,
    cell: (tier) => {
      const value = read(tier)
      return <span className="num">{value === null ? '—' : formatCount(value)}</span>
    },
  })
  return [
    {
      id: 'tier',
      header: 'Tier',
      isWide: true,
      value: tierWords,
      cell: (tier) =>
        tier.tier === 'guaranteed' ? `${tier.hours} h guaranteed` : <KindWord kind={tier.tier} />,
    },
    count('gpus', 'Forecast', ({ gpus }) => gpus),
    count('placeable', 'Placeable', ({ placeableGpus }) => placeableGpus),
    ...gangSizes(tiers).map((size): TableColumn<TierSurplus> => ({
      ...count(
        `gang-${size}`,
        `as gangs of ${size}`,
        ({ gangs }) => gangs.find(({ gangGpus }) => gangGpus === size)?.gpus ?? null,
      ),
      from: 'wide',
    })),
  ]
}

export function SurplusTable({ surplus }: { surplus: Surplus }): ReactElement {
  const { tiers, claims, eta } = surplus
  const free = claims.find(({ kind }) => kind === null)?.gpus ?? 0
  return (
    <Section title="Surplus by tier">
      <p className="mb-2 text-muted">
        Each firmer tier is a part of each looser one; what is sold already is a part of it.{' '}
        {plural(free, 'slot')} free now; {formatShare(eta)} of each promise is sold, by how many
        broke of late.
      </p>
      <DataTable
        label="Surplus by tier"
        rows={tiers}
        rowId={tierWords}
        columns={columnsOf(tiers)}
        empty={null}
      />
    </Section>
  )
}
