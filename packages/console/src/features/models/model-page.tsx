/** One model: its card, its playground, how to call it. */
import type { Model } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { buttonClass } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { Banner, BlockSkeleton } from '../../ui/notices.tsx'
import { Facts, PageHead, Section } from '../../ui/page.tsx'
import { CardBanners, CardFigures, CardSection } from '../catalog/card-section.tsx'
import { EmbeddingNote } from './embedding-note.tsx'
import { ModelStateWord, PerMillion, ToyTag } from './model-looks.tsx'
import { Playground } from './playground.tsx'
import { Snippets } from './snippets.tsx'

const route = getRouteApi('/app/models/$modelId')

export function ModelPage(): ReactElement {
  const { modelId } = route.useParams()
  const model = useQuery(apiQuery('getModel', { params: { id: modelId } }))
  return (
    <Answered query={model} skeleton={<BlockSkeleton height={360} />}>
      {(answer) => <ModelDetail key={answer.id} model={answer} />}
    </Answered>
  )
}

function stateLine({ state, stateText, coldStartMs }: Model): string {
  if (state !== 'asleep' || coldStartMs === null) return stateText
  return `${stateText} Lately that took ${formatDuration(coldStartMs)}.`
}

function ModelDetail({ model }: { model: Model }): ReactElement {
  const { use } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <>
      <PageHead
        name={model.displayName}
        back={
          <Link to="/models" className="text-muted hover:text-accent">
            Models
          </Link>
        }
        title={
          <>
            {model.displayName}
            {model.isToy && <ToyTag />}
            <span className="text-13 font-normal">
              <ModelStateWord model={model} />
            </span>
          </>
        }
        line={model.description}
        actions={
          !model.isEmbedding && (
            <Link to="/playground" search={{ models: model.id }} className={buttonClass()}>
              Compare with others
            </Link>
          )
        }
      />
      {model.state !== 'ready' && <Banner tone="warn">{stateLine(model)}</Banner>}
      <CardBanners model={model.id} />
      <div className="grid gap-x-8 gap-y-6 lg:grid-cols-12">
        <div className="flex min-w-0 flex-col gap-6 lg:col-span-7">
          {model.isEmbedding ? <EmbeddingNote model={model} /> : <Playground model={model} />}
          <CardFigures model={model.id} />
        </div>
        <div className="flex min-w-0 flex-col gap-6 lg:col-span-5">
          <Section title="Card">
            <Facts
              facts={[
                [
                  'Name in requests',
                  <span key="id" className="inline-flex items-center gap-1">
                    <code>{model.id}</code>
                    <CopyButton text={model.id} label="Copy the model’s name" />
                  </span>,
                ],
                [
                  'Input',
                  <span key="in">
                    <PerMillion price={model.price.input} />{' '}
                    <span className="text-muted">per million tokens</span>
                  </span>,
                ],
                [
                  'Output',
                  <span key="out">
                    <PerMillion price={model.price.output} />{' '}
                    <span className="text-muted">per million tokens</span>
                  </span>,
                ],
                [
                  'Context',
                  <span key="context">
                    <span className="num">{formatCount(model.contextTokens)}</span>{' '}
                    <span className="text-muted">tokens</span>
                  </span>,
                ],
                [
                  'Served by',
                  model.source === 'upstream'
                    ? 'an upstream server'
                    : `${model.replicasReady} ready ${model.replicasReady === 1 ? 'replica' : 'replicas'}`,
                ],
                ['State', model.stateText],
                [
                  'Cold start',
                  model.coldStartMs === null ? 'not measured' : formatDuration(model.coldStartMs),
                ],
              ]}
            />
          </Section>
          <CardSection model={model.id} />
          {!model.isEmbedding && (
            <Snippets
              model={model}
              dialect={use}
              onDialect={(next) => void navigate({ search: { use: next }, replace: true })}
            />
          )}
        </div>
      </div>
    </>
  )
}
