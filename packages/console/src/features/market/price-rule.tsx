/** The published rule by which a pool's spot price is made, with its numbers. */
import type { ClearingRule } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Money } from '../../ui/figures.tsx'
import { formatMoney, parsePicos } from '../../ui/format/money.ts'
import { formatShare, plural } from '../../ui/format/numbers.ts'
import { Facts } from '../../ui/page.tsx'
import { fraction, reserveParts } from './bid-stack.ts'

interface PriceRuleProps {
  readonly rule: ClearingRule
  readonly utilisationPpm: number
  readonly previousUsd: string | null
  readonly reserveUsd: string
}

export function PriceRule(props: PriceRuleProps): ReactElement {
  const { rule, utilisationPpm, previousUsd, reserveUsd } = props
  const knee = fraction(rule.kneePpm)
  const { byUsePicos, band } = reserveParts(rule, { utilisationPpm, previousUsd })
  const [floor, ceiling] = [formatMoney(rule.floorUsd), formatMoney(rule.ceilingUsd)]
  const use = fraction(utilisationPpm).toFixed(3)
  const isKept = band !== null && parsePicos(reserveUsd) !== byUsePicos
  return (
    <>
      <p className="num mb-2 rounded-base border border-line bg-sunken px-2.5 py-2 leading-5">
        {utilisationPpm <= rule.kneePpm
          ? `by use: the floor, ${floor}`
          : `by use: ${floor} + (${ceiling} − ${floor}) × (${use} − ${knee.toFixed(2)}) ÷ ${(1 - knee).toFixed(2)} = ${formatMoney(byUsePicos)}`}
        {isKept && (
          <>
            <br />
            kept within {formatMoney(band[0])} … {formatMoney(band[1])}: {formatMoney(reserveUsd)}
          </>
        )}
      </p>
      <Facts
        facts={[
          ['Reserve', <Money key="reserve" amount={reserveUsd} per="h" />],
          [
            'In use',
            `${formatShare(fraction(utilisationPpm))}; the reserve rises from ${formatShare(knee)} on`,
          ],
          ['Floor', <Money key="floor" amount={rule.floorUsd} per="h" />],
          ['Ceiling', <Money key="ceiling" amount={rule.ceilingUsd} per="h" />],
          [
            'Last price',
            previousUsd === null ? 'none yet' : <Money key="last" amount={previousUsd} per="h" />,
          ],
          [
            'Moves',
            `by at most ${formatShare(fraction(rule.movePpm))} a window, never below the floor`,
          ],
          ['One buyer', `at most ${formatShare(fraction(rule.concentrationPpm))} of a window`],
          ['Quoted', `with fewer than ${plural(rule.depthMin, 'bid')}: sold at the reserve`],
        ]}
      />
    </>
  )
}
