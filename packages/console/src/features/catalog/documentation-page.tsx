/** A model's documentation as a page: each field with how it is known. The operator says more, field by field. */
import {
  DOCUMENTATION_NOTE,
  type DocumentationBasis,
  type ModelDocumentation,
  renderDocumentation,
} from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { BlockSkeleton } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import { download } from '../../ui/table/download.ts'
import { usePermission } from '../session/session.ts'
import { StateField } from './state-field.tsx'

const route = getRouteApi('/app/models/$modelId/documentation')

const TONES: Record<DocumentationBasis, Tone> = {
  measured: 'good',
  declared: 'accent',
  unknown: 'idle',
}

type StatedField = ModelDocumentation['sections'][number]['fields'][number]

export function DocumentationPage(): ReactElement {
  const { modelId } = route.useParams()
  const input = { params: { id: modelId } }
  const documentation = useQuery(apiQuery('getModelDocumentation', input))
  return (
    <Answered query={documentation} skeleton={<BlockSkeleton height={480} />}>
      {(answer) => <Documentation documentation={answer} />}
    </Answered>
  )
}

function countsIn({ sections }: ModelDocumentation): string {
  const all = sections.flatMap(({ fields }) => fields)
  const of = (basis: DocumentationBasis) => all.filter((each) => each.basis === basis).length
  return `${of('measured')} measured · ${of('declared')} declared · ${of('unknown')} unknown`
}

function Documentation({ documentation }: { documentation: ModelDocumentation }): ReactElement {
  const { model, displayName, version, sections } = documentation
  const canDeclare = usePermission('model_card.set')
  const [stating, setStating] = useState<StatedField | null>(null)
  const file = `${model.replaceAll('/', '-')}-documentation`
  return (
    <>
      <PageHead
        name={`Documentation of ${displayName}`}
        title={`Documentation of ${displayName}`}
        line={`${countsIn(documentation)} · card version ${version}`}
        back={
          <Link
            to="/models/$modelId"
            params={{ modelId: model }}
            className="text-muted hover:text-accent"
          >
            {displayName}
          </Link>
        }
        actions={
          <>
            <Button
              onClick={() =>
                download(`${file}.json`, JSON.stringify(documentation, null, 2), 'application/json')
              }
            >
              JSON
            </Button>
            <Button
              onClick={() =>
                download(`${file}.md`, renderDocumentation(documentation), 'text/markdown')
              }
            >
              Markdown
            </Button>
          </>
        }
      />
      <p className="mb-5 max-w-prose text-muted">{DOCUMENTATION_NOTE}</p>
      <div className="flex max-w-[1080px] flex-col gap-6">
        {sections.map(({ name, title, fields }) => (
          <Section key={name} title={title}>
            <dl className="border-t border-line">
              {fields.map((field) => (
                <FieldRow
                  key={field.name}
                  field={field}
                  {...(canDeclare ? { onState: () => setStating(field) } : {})}
                />
              ))}
            </dl>
          </Section>
        ))}
      </div>
      {stating && <StateField model={model} field={stating} onClose={() => setStating(null)} />}
    </>
  )
}

function FieldRow({
  field,
  onState,
}: {
  readonly field: StatedField
  readonly onState?: () => void
}): ReactElement {
  const { label, annexes, basis, value, source } = field
  return (
    <div className="grid gap-x-4 gap-y-0.5 border-b border-line py-2 sm:grid-cols-[minmax(160px,240px)_1fr]">
      <dt>
        {label}
        <span className="block text-12 text-muted">Annex {annexes.join(', ')}</span>
      </dt>
      <dd className="flex min-w-0 flex-wrap items-start gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-60 break-words whitespace-pre-line">
          {value}
          <span className="block text-12 text-muted">
            <StateWord tone={TONES[basis]}>{basis}</StateWord>
            {source !== null && <span className="break-words"> by {source}</span>}
          </span>
        </span>
        {onState && basis !== 'measured' && (
          <Button look="quiet" aria-label={`Say what is known of: ${label}`} onClick={onState}>
            Say
          </Button>
        )}
      </dd>
    </div>
  )
}
