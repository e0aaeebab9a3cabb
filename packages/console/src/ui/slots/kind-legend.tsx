/** The legend of claim kinds, which is also the filter: none chosen means all. */
import type { ReactElement } from 'react'
import { KIND_LOOKS, kindLookOf } from '../claim-kind.ts'
import { formatCount } from '../format/numbers.ts'
import { KindSwatch } from '../state-word.tsx'

interface KindLegendProps {
  /** How much of each kind there is; kinds without an entry are left out. */
  readonly counts: ReadonlyMap<string, number>
  readonly chosen: readonly string[]
  readonly onChoose: (chosen: readonly string[]) => void
}

export function KindLegend({ counts, chosen, onChoose }: KindLegendProps): ReactElement {
  const order = KIND_LOOKS.map((look) => look.kind as string)
  const kinds = [...counts.keys()].toSorted(
    (left, right) => order.indexOf(left) - order.indexOf(right),
  )
  return (
    <div role="group" aria-label="Show only" className="-ml-2 flex flex-wrap items-center">
      {kinds.map((kind) => {
        const isChosen = chosen.includes(kind)
        return (
          <button
            key={kind}
            type="button"
            aria-pressed={isChosen}
            title={kindLookOf(kind).note}
            onClick={() =>
              onChoose(isChosen ? chosen.filter((each) => each !== kind) : [...chosen, kind])
            }
            className={`inline-flex h-[26px] items-center gap-1.5 rounded-base px-2 hover:bg-sunken ${isChosen ? 'bg-accent-soft' : ''} ${chosen.length > 0 && !isChosen ? 'text-muted' : ''}`}
          >
            <KindSwatch kind={kind} />
            {kindLookOf(kind).word}
            <span className="num text-muted">{formatCount(counts.get(kind) ?? 0)}</span>
          </button>
        )
      })}
      {chosen.length > 0 && (
        <button
          type="button"
          onClick={() => onChoose([])}
          className="h-[26px] rounded-base px-2 text-accent hover:bg-sunken"
        >
          show all
        </button>
      )}
    </div>
  )
}
