/** What a model's tokens cost: a row a class, a column a tier, as the price book has it. */
import { type ModelCard, TokenClass } from '@spillway/contract'
import type { ReactElement } from 'react'
import { PerMillion } from '../models/model-looks.tsx'
import { CLASS_WORDS } from './card-looks.tsx'

const STANDARD = 'standard'

export function PriceTable({ card: { prices, displayName } }: { card: ModelCard }): ReactElement {
  const tiers = [STANDARD, ...new Set(prices.map(({ tier }) => tier))].filter(
    (tier, at, all) => all.indexOf(tier) === at,
  )
  const classes = TokenClass.options.filter((each) =>
    prices.some(({ tokenClass }) => tokenClass === each),
  )
  return (
    <table className="w-full border-collapse">
      <caption className="sr-only">Prices of {displayName} per million tokens</caption>
      <thead>
        <tr className="h-8 border-b border-line text-12 text-muted">
          <th scope="col" className="text-left font-normal">
            $ per million tokens
          </th>
          {tiers.map((tier) => (
            <th key={tier} scope="col" className="pl-3 text-right font-normal">
              {tier}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {classes.map((tokenClass) => (
          <tr key={tokenClass} className="h-8 border-b border-line">
            <th scope="row" className="text-left font-normal">
              {CLASS_WORDS[tokenClass]}
            </th>
            {tiers.map((tier) => {
              const found = prices.find(
                (each) => each.tier === tier && each.tokenClass === tokenClass,
              )
              return (
                <td key={tier} className="pl-3 text-right">
                  {found ? (
                    <PerMillion price={found.price} />
                  ) : (
                    <span className="text-muted">–</span>
                  )}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
