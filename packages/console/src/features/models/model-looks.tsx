/** How models read everywhere: state, price, that a toy is a toy. */
import type { Model } from '@spillway/contract'
import type { ReactElement } from 'react'
import { exactMoney, formatMoney, perMillion, type PriceShape } from '../../ui/format/money.ts'
import { StateWord, Tag, type Tone } from '../../ui/state-word.tsx'

const TONES: Record<Model['state'], Tone> = {
  ready: 'good',
  starting: 'accent',
  asleep: 'idle',
  unavailable: 'bad',
}

export function ModelStateWord({ model }: { model: Model }): ReactElement {
  return (
    <StateWord
      tone={TONES[model.state]}
      title={model.stateText}
      isMoving={model.state === 'starting'}
    >
      {model.state}
    </StateWord>
  )
}

export function PerMillion({ price }: { price: PriceShape }): ReactElement {
  const amount = perMillion(price)
  return (
    <span className="num" title={`${exactMoney(amount)} per million tokens`}>
      {formatMoney(amount)}
    </span>
  )
}

export function ToyTag(): ReactElement {
  return <Tag title="For trying the machinery; its words mean nothing">toy</Tag>
}
