/** How a model answered here: the last day in figures, and its hours as lines. What was not measured is not drawn. */
import type { ModelCard, ModelMeasure } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import type { LineDrawing } from '../../charts/line-chart.tsx'
import { LineView } from '../../charts/line-view.tsx'
import { Segmented } from '../../ui/button.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { Facts, Section } from '../../ui/page.tsx'
import { measuredWords, RateWord, SpreadWord } from './card-looks.tsx'

const HOURS = 24
const HEIGHT = 180

type Drawn = 'latency' | 'rate'

const secondOf = ({ from }: ModelMeasure) => Date.parse(from) / 1000

function drawingOf(hours: readonly ModelMeasure[], drawn: Drawn): LineDrawing {
  const seconds = hours.map(secondOf)
  if (drawn === 'rate') {
    const values = hours.map(({ outputTokensPerSecond }) => outputTokensPerSecond)
    const line = { id: 'rate', label: 'tokens/s', colour: '--accent', values }
    return { seconds, lines: [line], formatValue: formatCount }
  }
  const first = hours.map(({ firstOutput }) => firstOutput?.p50Ms ?? null)
  const answer = hours.map(({ answer: spread }) => spread?.p50Ms ?? null)
  return {
    seconds,
    lines: [
      { id: 'first', label: 'first output', colour: '--accent', values: first },
      { id: 'answer', label: 'whole answer', colour: '--muted', isDashed: true, values: answer },
    ],
    formatValue: formatCount,
  }
}

const renderMs = (value: number): string => `${formatCount(Math.round(value))} ms`
const renderRate = (value: number): string => `${formatCount(Math.round(value * 10) / 10)} tok/s`

function Hours({ model, drawn }: { readonly model: string; readonly drawn: Drawn }): ReactElement {
  const hours = useQuery(
    apiQuery('listModelMeasures', { params: { id: model }, query: { hours: HOURS } }),
  )
  return (
    <Answered query={hours}>
      {({ items }) => (
        <LineView
          label={drawn === 'rate' ? 'Output tokens a second, by hour' : 'Milliseconds, by hour'}
          drawing={drawingOf(items, drawn)}
          height={HEIGHT}
          // A single hour is no line.
          isTable={items.length < 2}
          renderValue={drawn === 'rate' ? renderRate : renderMs}
        />
      )}
    </Answered>
  )
}

export function MeasuredSection({ card }: { readonly card: ModelCard }): ReactElement {
  const { measured, model } = card
  const [drawn, setDrawn] = useState<Drawn>('latency')
  if (measured === null)
    return (
      <Section title="Measured here">
        <p className="text-muted">
          Nothing in the last day. Latency and throughput stand here once the model has answered.
        </p>
      </Section>
    )
  return (
    <Section
      title="Measured here"
      aside={
        <Segmented
          label="What is drawn"
          value={drawn}
          choices={[
            { value: 'latency', label: 'Latency' },
            { value: 'rate', label: 'Throughput' },
          ]}
          onChange={setDrawn}
        />
      }
    >
      <Facts
        facts={[
          ['First output', <SpreadWord key="first" spread={measured.firstOutput} />],
          ['Whole answer', <SpreadWord key="answer" spread={measured.answer} />],
          ['Output rate', <RateWord key="rate" measured={measured} />],
        ]}
      />
      <p className="mt-1 mb-3 text-12 text-muted">{measuredWords(measured)}</p>
      <Hours model={model} drawn={drawn} />
    </Section>
  )
}
