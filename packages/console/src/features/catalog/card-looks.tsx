/** How what is known of a model reads everywhere: unknown says so, prices with their class and tier, what was measured. */
import type { ModelCard, ModelMeasure, ModelPrice, TokenClass } from '@spillway/contract'
import type { ReactElement, ReactNode } from 'react'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { exactInstant, formatDuration } from '../../ui/format/time.ts'
import { Tag } from '../../ui/state-word.tsx'
import { PerMillion } from '../models/model-looks.tsx'

export const ORIGIN_WORDS = {
  own: 'own',
  open_weight: 'open weights',
  third_party: 'third party',
} as const satisfies Record<NonNullable<ModelCard['origin']>, string>

export const CLASS_WORDS: Record<TokenClass, string> = {
  input: 'Input',
  output: 'Output',
  cached_input: 'Cached input',
  cache_write: 'Cache write',
  reasoning: 'Reasoning',
  cached_response: 'Cached response',
}

const POLICY_WORDS = {
  unknown: 'unknown',
  not_kept: 'not kept',
  kept: 'kept, not trained on',
  trained_on: 'trained on',
} as const

export const spaced = (name: string): string => name.replaceAll('_', ' ')

/** What nobody said or measured: said as plainly as what is known. */
export function Unknown(): ReactElement {
  return <span className="text-muted">unknown</span>
}

export function Known({ children }: { children: ReactNode }): ReactElement {
  return (
    <>{children === null || children === undefined || children === '' ? <Unknown /> : children}</>
  )
}

export function Words({ names }: { names: readonly string[] | undefined }): ReactElement {
  if (names === undefined) return <Unknown />
  return <span>{names.length === 0 ? 'none' : names.map(spaced).join(', ')}</span>
}

export function priceOf(card: ModelCard, tokenClass: TokenClass): ModelPrice | undefined {
  return card.prices.find((each) => each.tier === 'standard' && each.tokenClass === tokenClass)
}

export function CardPrice({
  card,
  tokenClass,
}: {
  readonly card: ModelCard
  readonly tokenClass: TokenClass
}): ReactElement {
  const found = priceOf(card, tokenClass)
  return found === undefined ? <Unknown /> : <PerMillion price={found.price} />
}

/** A spread in words; how many it is from is in the title. */
export function SpreadWord({
  spread,
}: {
  readonly spread: ModelMeasure['answer'] | undefined
}): ReactElement {
  if (!spread) return <Unknown />
  return (
    <span
      className="num"
      title={`Half within ${spread.p50Ms} ms, 95 of 100 within ${spread.p95Ms} ms, of ${formatCount(spread.samples)}`}
    >
      {formatDuration(spread.p50Ms)}
      <span className="text-muted"> · p95 {formatDuration(spread.p95Ms)}</span>
    </span>
  )
}

export function RateWord({ measured }: { readonly measured: ModelMeasure | null }): ReactElement {
  const rate = measured?.outputTokensPerSecond
  if (rate === null || rate === undefined) return <Unknown />
  return (
    <span className="num">
      {formatCount(Math.round(rate * 10) / 10)} <span className="text-muted">tok/s</span>
    </span>
  )
}

/** From when to when, and how many: without it a figure says nothing. */
export function measuredWords(measured: ModelMeasure): string {
  const samples = measured.answer?.samples ?? 0
  return `${plural(samples, 'answer')} between ${exactInstant(measured.from)} and ${exactInstant(measured.to)}`
}

export function serverWords({ servers }: ModelCard): string {
  return servers
    .map(
      ({ provider, region, dataPolicy }) =>
        `${provider} in ${region ?? 'a region not known'}, prompts ${POLICY_WORDS[dataPolicy]}`,
    )
    .join('; ')
}

export function RetirementTag({ card }: { readonly card: ModelCard }): ReactElement | null {
  const { retirement } = card
  if (retirement === null) return null
  const { isRetired, retiresAt, successor } = retirement
  const next = successor === null ? '' : `; ${successor} succeeds it`
  return (
    <Tag title={`${exactInstant(retiresAt)}${next}`}>
      {isRetired ? 'retired' : `retires ${retiresAt.slice(0, 10)}`}
    </Tag>
  )
}
