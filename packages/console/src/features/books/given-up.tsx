/** What the owner gave away, gave back or bore in a period: amounts that stand beside revenue and margin, not in them. */
import type { ReactElement } from 'react'
import type { Answer } from '../../api/client.ts'
import { Money } from '../../ui/figures.tsx'
import { sumAmounts } from '../../ui/format/money.ts'

type Books = Answer<'getBooks'>

interface Line {
  readonly word: string
  readonly note: string
  readonly amount: (books: Books) => string | bigint
}

const LINES: readonly Line[] = [
  {
    word: 'Charged to own teams for use',
    note: 'at the price of spot, internally',
    amount: ({ pools }) => sumAmounts(pools.map(({ internalUsedUsd }) => internalUsedUsd)),
  },
  {
    word: 'Charged to the owner for idle reserve',
    note: 'what was kept and stood idle',
    amount: ({ pools }) => sumAmounts(pools.map(({ internalKeptUsd }) => internalKeptUsd)),
  },
  {
    word: 'Given back for reclaims',
    note: 'on the terms of each lease',
    amount: (books) => books.reclaimCompensationUsd,
  },
  {
    word: 'Given back for lost GPUs',
    note: 'use after one was last seen whole',
    amount: (books) => books.faultCompensationUsd,
  },
  {
    word: 'Given back for blocks',
    note: 'room that was missing',
    amount: (books) => books.blockCompensationUsd,
  },
  {
    word: 'Shared with holders of blocks',
    note: 'of what was paid for nodes sold back',
    amount: (books) => books.sellBackCompensationUsd,
  },
  {
    word: 'Overrun borne',
    note: 'charges that no balance could pay',
    amount: (books) => books.overrunUsd,
  },
  {
    word: 'Credit granted',
    note: 'to organizations',
    amount: (books) => books.creditGrantedUsd,
  },
]

export function GivenUp({ books }: { books: Books }): ReactElement {
  return (
    <table className="w-full" aria-label="Beside the statement">
      <tbody>
        {LINES.map(({ word, note, amount }) => (
          <tr key={word} className="h-8 border-b border-line">
            <th scope="row" className="text-left font-normal">
              {word} <span className="text-muted max-sm:hidden">{note}</span>
            </th>
            <td className="pl-3 text-right whitespace-nowrap">
              <Money amount={amount(books)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
