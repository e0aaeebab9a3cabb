/** The playground: one prompt to up to three models, side by side, over the same address that customers call. */
import type { Model } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Money } from '../../ui/figures.tsx'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { useSession } from '../session/session.ts'
import { CallCode } from './call-code-section.tsx'
import { LaneView } from './lane-view.tsx'
import { chosenModels, EMPTY_DRAFT, type PlaygroundDraft } from './lane.ts'
import { ModelChoice } from './model-choice.tsx'
import { PromptFields } from './prompt-fields.tsx'
import { type Lanes, useLanes } from './use-lanes.ts'

const route = getRouteApi('/app/playground')

export function PlaygroundPage(): ReactElement {
  const models = useQuery(apiQuery('listModels'))
  return (
    <>
      <PageHead
        title="Playground"
        line="One prompt, up to three models. Each call is a real one, and is charged."
        actions={<Payer />}
      />
      <Answered query={models} skeleton={<BlockSkeleton height={320} />}>
        {({ items }) =>
          items.some(({ isEmbedding }) => !isEmbedding) ? (
            <Comparison models={items} />
          ) : (
            <Empty>There is no model to ask yet; its answers would be here.</Empty>
          )
        }
      </Answered>
    </>
  )
}

/** Who pays is who is signed in: the project of the key that the session was opened with. */
function Payer(): ReactElement {
  const { organization, project } = useSession()
  const balance = useQuery(apiQuery('getBalance'))
  return (
    <span className="text-muted">
      paid by{' '}
      <span className="text-text">
        {organization.name} / {project.name}
      </span>
      {balance.data && (
        <>
          {', '}
          <Money amount={balance.data.availableUsd} /> available
        </>
      )}
    </span>
  )
}

function Comparison({ models }: { models: readonly Model[] }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<PlaygroundDraft>(EMPTY_DRAFT)
  const lanes = useLanes()
  const chosen = chosenModels(search.models, models)
  const choose = (next: readonly string[]): void => {
    void navigate({ search: { models: next.join(',') }, replace: true })
  }
  const run = (): void => {
    if (draft.prompt.trim() !== '' && !lanes.isBusy) lanes.run(chosen, draft)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    run()
  }
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <form
        className="flex flex-col gap-4"
        onKeyDown={onKey}
        onSubmit={(event) => {
          event.preventDefault()
          run()
        }}
      >
        <ModelChoice models={models} chosen={chosen} onChoose={choose} isFixed={lanes.isBusy} />
        <PromptFields draft={draft} onDraft={setDraft} />
        <RunButtons lanes={lanes} count={chosen.length} isReady={draft.prompt.trim() !== ''} />
      </form>
      <Answers lanes={lanes} models={models} />
      <CallCode models={chosen} draft={draft} />
    </div>
  )
}

interface RunButtonsProps {
  readonly lanes: Lanes
  readonly count: number
  readonly isReady: boolean
}

function RunButtons({ lanes, count, isReady }: RunButtonsProps): ReactElement {
  return (
    <div className="flex flex-wrap items-center gap-2">
      {lanes.isBusy ? (
        // Another element than the one that asks: a press that stops must not submit.
        <Button key="stop" icon="stop" onClick={lanes.stop}>
          Stop
        </Button>
      ) : (
        <Button key="ask" look="primary" type="submit" icon="play" disabled={!isReady}>
          {count === 1 ? 'Ask the model' : `Ask ${count} models`}
        </Button>
      )}
      {lanes.lanes.length > 0 && !lanes.isBusy && (
        <Button look="quiet" onClick={lanes.clear}>
          Clear
        </Button>
      )}
      <span className="text-12 text-muted">Ctrl Enter asks too.</span>
    </div>
  )
}

function Answers({ lanes, models }: { lanes: Lanes; models: readonly Model[] }): ReactElement {
  if (lanes.lanes.length === 0)
    return (
      <Empty>
        The answers stream here side by side, each with its time to the first token, its speed, what
        it was charged, and which server answered and why.
      </Empty>
    )
  return (
    <div className="grid min-w-0 grid-cols-1 gap-4 lg:auto-cols-fr lg:grid-flow-col lg:grid-cols-none">
      {lanes.lanes.map((lane) => (
        <LaneView
          key={lane.taskId}
          lane={lane}
          model={models.find(({ id }) => id === lane.model)}
        />
      ))}
    </div>
  )
}
