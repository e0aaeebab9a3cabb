/** What the colours of the map mean, with counts. Kinds and organizations are also filters. */
import type { CSSProperties, ReactElement, ReactNode } from 'react'
import { formatCount } from '../../../ui/format/numbers.ts'
import { KindLegend } from '../../../ui/slots/kind-legend.tsx'
import type { MapCounts } from './counts.ts'
import { quoteWords } from './filter.ts'
import { RAMP_STEPS } from './palette-sizes.ts'
import type { Colouring, Ranks } from './slot-style.ts'

interface MapLegendProps {
  readonly colouring: Colouring
  readonly counts: MapCounts
  readonly ranks: Ranks
  readonly kinds: readonly string[]
  readonly onKinds: (kinds: readonly string[]) => void
  readonly onWords: (words: string) => void
}

export function MapLegend(props: MapLegendProps): ReactElement {
  const { colouring, counts } = props
  if (colouring === 'kind')
    return <KindLegend counts={counts.byUse} chosen={props.kinds} onChoose={props.onKinds} />
  if (colouring === 'health') return <HealthLegend counts={counts} />
  if (colouring === 'use') return <UseLegend counts={counts} />
  return <OrganizationLegend {...props} />
}

function Row({ children }: { children: ReactNode }): ReactElement {
  return <div className="-ml-2 flex flex-wrap items-center">{children}</div>
}

interface EntryProps {
  readonly style: CSSProperties
  readonly hatch?: boolean
  readonly word: string
  readonly count: number
}

function Swatch({ style, hatch = false }: Pick<EntryProps, 'style' | 'hatch'>): ReactElement {
  return (
    <span
      aria-hidden="true"
      className={`inline-block size-2.5 shrink-0 rounded-[2px] ${hatch ? 'hatched' : ''}`}
      style={style}
    />
  )
}

function Entry({ word, count, ...swatch }: EntryProps): ReactElement {
  return (
    <span className="inline-flex h-[26px] items-center gap-1.5 px-2">
      <Swatch {...swatch} />
      {word}
      <span className="num text-muted">{formatCount(count)}</span>
    </span>
  )
}

const fill = (colour: string): CSSProperties => ({ backgroundColor: colour })

function HealthLegend({ counts }: { counts: MapCounts }): ReactElement {
  const of = (state: string): number => counts.byState.get(state) ?? 0
  const well = of('ready')
  const broken = of('faulty')
  const down = of('down')
  return (
    <Row>
      <Entry
        style={fill('color-mix(in oklab, var(--good) 35%, var(--line))')}
        word="nodes ready"
        count={well}
      />
      <Entry
        style={fill('var(--warn)')}
        hatch
        word="not taking work"
        count={counts.nodes - well - broken - down}
      />
      <Entry style={fill('var(--bad)')} hatch word="faulty" count={broken} />
      <Entry style={fill('var(--bad)')} hatch word="down" count={down} />
      <Entry
        style={fill('var(--bad)')}
        hatch
        word="slots faulty"
        count={counts.byUse.get('faulty') ?? 0}
      />
    </Row>
  )
}

const STEP_WORDS = [
  'empty',
  'less than a third',
  'a third to two thirds',
  'more than two thirds',
  'full',
]

function UseLegend({ counts }: { counts: MapCounts }): ReactElement {
  return (
    <Row>
      {STEP_WORDS.map((word, step) => (
        <Entry
          key={word}
          word={word}
          count={counts.byStep[step] ?? 0}
          style={fill(
            `color-mix(in oklab, var(--accent) ${(step / (RAMP_STEPS - 1)) * 100}%, var(--line))`,
          )}
        />
      ))}
      <span className="px-2 text-muted">nodes by share of claimed slots</span>
    </Row>
  )
}

function OrganizationLegend({ counts, ranks, onWords }: MapLegendProps): ReactElement {
  const others = [...counts.byOrganization]
    .filter(([name]) => !ranks.has(name))
    .reduce((sum, [, slots]) => sum + slots, 0)
  return (
    <Row>
      {[...ranks].map(([name, rank]) => (
        <button
          key={name}
          type="button"
          onClick={() => onWords(quoteWords(name))}
          title={`Show only what ${name} has`}
          className="inline-flex h-[26px] max-w-[220px] items-center gap-1.5 rounded-base px-2 hover:bg-sunken"
        >
          <Swatch style={fill(`var(--series-${rank + 1})`)} />
          <span className="truncate">{name}</span>
          <span className="num text-muted">
            {formatCount(counts.byOrganization.get(name) ?? 0)}
          </span>
        </button>
      ))}
      {others > 0 && <Entry style={fill('var(--kind-maintenance)')} word="others" count={others} />}
    </Row>
  )
}
