/** Which models are asked: up to three, each once. */
import type { Model } from '@spillway/contract'
import type { ReactElement } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { ModelStateWord, PerMillion } from '../models/model-looks.tsx'
import { LANES_MAX } from './lane.ts'

interface ModelChoiceProps {
  readonly models: readonly Model[]
  readonly chosen: readonly string[]
  readonly onChoose: (models: readonly string[]) => void
  readonly isFixed: boolean
}

export function ModelChoice({ models, chosen, onChoose, isFixed }: ModelChoiceProps): ReactElement {
  const left = models.filter(({ id, isEmbedding }) => !isEmbedding && !chosen.includes(id))
  return (
    <div role="group" aria-label="Models" className="flex flex-wrap items-center gap-2">
      {chosen.map((id) => {
        const model = models.find((each) => each.id === id)
        if (model === undefined) return null
        return (
          <span
            key={id}
            className="inline-flex min-h-[30px] max-w-full items-center gap-2.5 rounded-base border border-line-strong pl-2.5"
          >
            <span className="min-w-0 truncate font-medium" title={model.id}>
              {model.displayName}
            </span>
            <ModelStateWord model={model} />
            <span className="hidden text-12 text-muted sm:inline">
              <PerMillion price={model.price.input} /> in, <PerMillion price={model.price.output} />{' '}
              out
            </span>
            <IconButton
              icon="cross"
              label={`Take ${model.displayName} out`}
              disabled={isFixed || chosen.length === 1}
              onClick={() => onChoose(chosen.filter((each) => each !== id))}
            />
          </span>
        )
      })}
      {chosen.length < LANES_MAX && left.length > 0 && (
        <select
          aria-label="Add a model"
          className="control max-w-full text-muted"
          value=""
          disabled={isFixed}
          onChange={(event) => onChoose([...chosen, event.target.value])}
        >
          <option value="">Add a model…</option>
          {left.map(({ id, displayName }) => (
            <option key={id} value={id}>
              {displayName}
            </option>
          ))}
        </select>
      )}
    </div>
  )
}
