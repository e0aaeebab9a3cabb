/** Models side by side: a column each, what is known of them in rows. Which ones is in the address. */
import type { ModelCard } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { formatCount } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { comparedIn, withCompared } from './card-facts.ts'
import {
  CardPrice,
  Known,
  ORIGIN_WORDS,
  RateWord,
  RetirementTag,
  serverWords,
  SpreadWord,
  Words,
} from './card-looks.tsx'

const route = getRouteApi('/app/models/compare')

const ROWS: readonly (readonly [word: string, cell: (card: ModelCard) => ReactNode])[] = [
  ['Publisher', ({ publisher }) => <Known>{publisher}</Known>],
  ['Origin', ({ origin }) => <Known>{origin && ORIGIN_WORDS[origin]}</Known>],
  ['Licence', ({ licence }) => <Known>{licence}</Known>],
  ['Context', ({ contextTokens }) => <span className="num">{formatCount(contextTokens)}</span>],
  [
    'Output limit',
    ({ declared: { outputTokensMax } }) => (
      <Known>
        {outputTokensMax && <span className="num">{formatCount(outputTokensMax)}</span>}
      </Known>
    ),
  ],
  ['$/M input', (card) => <CardPrice card={card} tokenClass="input" />],
  ['$/M output', (card) => <CardPrice card={card} tokenClass="output" />],
  ['First output', ({ measured }) => <SpreadWord spread={measured?.firstOutput} />],
  ['Whole answer', ({ measured }) => <SpreadWord spread={measured?.answer} />],
  ['Output rate', ({ measured }) => <RateWord measured={measured} />],
  ['Takes', ({ declared }) => <Words names={declared.inputModalities} />],
  ['Makes', ({ declared }) => <Words names={declared.outputModalities} />],
  ['Can', ({ declared }) => <Words names={declared.capabilities} />],
  ['Quantisation', ({ declared }) => <Known>{declared.quantisation}</Known>],
  ['Answered by', (card) => <Known>{serverWords(card)}</Known>],
  ['Also named', ({ aliases }) => aliases.join(', ') || 'nothing else'],
]

export function ComparePage(): ReactElement {
  const { of } = route.useSearch()
  const cards = useQuery(apiQuery('listModelCards'))
  return (
    <>
      <PageHead
        title="Compare models"
        line="Prices are per million tokens; what was measured is of the last day, here."
        back={
          <Link to="/models" className="text-muted hover:text-accent">
            Models
          </Link>
        }
      />
      <Answered query={cards}>{({ items }) => <Comparison cards={items} of={of} />}</Answered>
    </>
  )
}

function Comparison({
  cards,
  of,
}: {
  readonly cards: readonly ModelCard[]
  readonly of: string | undefined
}): ReactElement {
  const navigate = route.useNavigate()
  const compared = comparedIn(of).flatMap((name) => cards.find(({ model }) => model === name) ?? [])
  const others = cards.filter((card) => !compared.includes(card))
  return (
    <>
      {others.length > 0 && (
        <p className="mb-4 flex flex-wrap items-center gap-2">
          <select
            aria-label="Add a model"
            className="control"
            value=""
            onChange={({ target }) =>
              void navigate({ search: { of: withCompared(of, target.value) }, replace: true })
            }
          >
            <option value="">Add a model</option>
            {others.map(({ model }) => (
              <option key={model} value={model}>
                {model}
              </option>
            ))}
          </select>
        </p>
      )}
      {compared.length === 0 ? (
        <Empty>Choose up to four models; they would stand here side by side.</Empty>
      ) : (
        <ComparedTable cards={compared} of={of} />
      )}
    </>
  )
}

function ComparedTable({
  cards,
  of,
}: {
  readonly cards: readonly ModelCard[]
  readonly of: string | undefined
}): ReactElement {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Models side by side">
      <table className="w-full min-w-max border-collapse">
        <thead>
          <tr className="border-b border-line-strong">
            <th
              scope="col"
              className="sticky left-0 bg-bg py-2 pr-4 text-left font-normal text-muted"
            >
              Model
            </th>
            {cards.map((card) => (
              <th key={card.model} scope="col" className="max-w-72 py-2 pr-6 text-left">
                <span className="flex items-center gap-2">
                  <Link to="/models/$modelId" params={{ modelId: card.model }}>
                    {card.displayName}
                  </Link>
                  <RetirementTag card={card} />
                </span>
                <Link
                  to="/models/compare"
                  search={{ of: withCompared(of, card.model) }}
                  className="text-12 font-normal text-muted"
                >
                  leave out
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([word, cell]) => (
            <tr key={word} className="border-b border-line align-top">
              <th
                scope="row"
                className="sticky left-0 bg-bg py-1.5 pr-4 text-left font-normal whitespace-nowrap text-muted"
              >
                {word}
              </th>
              {cards.map((card) => (
                <td key={card.model} className="max-w-72 py-1.5 pr-6 break-words">
                  {cell(card)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
