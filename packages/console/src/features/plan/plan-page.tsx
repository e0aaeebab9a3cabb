/** One simulation: how far it is while it runs, and its variants side by side when it is done. */
import type { SimulationWithResult } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Code, Id } from '../../ui/copy.tsx'
import { Lasted } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { BlockSkeleton, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { Comparison } from './comparison.tsx'
import { PlanMarket } from './plan-market.tsx'
import { isUnderWay, ProgressBar, SimulationStateWord } from './simulation-looks.tsx'

const route = getRouteApi('/app/plan/$simulationId')
const POLL_RUNNING_MS = 1000

export function PlanPage(): ReactElement {
  const { simulationId } = route.useParams()
  const query = useQuery({
    ...apiQuery('getSimulation', { params: { id: simulationId } }),
    refetchInterval: ({ state }) =>
      state.data && isUnderWay(state.data) ? POLL_RUNNING_MS : false,
  })
  const simulation = query.data
  return (
    <>
      <PageHead
        back={
          <Link to="/plan" className="text-muted hover:text-accent">
            Plan
          </Link>
        }
        title={simulation?.name ?? 'Plan'}
        line={simulation ? <Line simulation={simulation} /> : <>&nbsp;</>}
        actions={simulation && isUnderWay(simulation) && <Cancel id={simulation.id} />}
      />
      <Answered query={query} skeleton={<BlockSkeleton height={420} />}>
        {(answer) => <Content simulation={answer} />}
      </Answered>
    </>
  )
}

function Line({ simulation }: { simulation: SimulationWithResult }): ReactElement {
  const { id, startedAt, endedAt, seeds, horizonDays, variants } = simulation
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <SimulationStateWord simulation={simulation} />· {plural(variants.length, 'variant')} ·{' '}
      {plural(horizonDays, 'day')} · {plural(seeds, 'seed')}
      {startedAt !== null && (
        <>
          {' '}
          · computed for <Lasted from={startedAt} to={endedAt} />
        </>
      )}
      <Id id={id} />
    </span>
  )
}

function Cancel({ id }: { id: string }): ReactElement {
  const cancel = useCommand('cancelSimulation', { changes: ['getSimulation', 'listSimulations'] })
  return (
    <>
      {cancel.error && <ProblemPanel explanation={explain(cancel.error)} />}
      <Button
        look="danger"
        isBusy={cancel.isPending}
        onClick={() => cancel.mutate({ params: { id } })}
      >
        Cancel
      </Button>
    </>
  )
}

function Content({ simulation }: { simulation: SimulationWithResult }): ReactElement {
  const { state, failure, notes, result, scenario } = simulation
  return (
    <div className="flex flex-col gap-y-7">
      {isUnderWay(simulation) && (
        <div className="max-w-[720px]">
          <ProgressBar simulation={simulation} />
          <p className="mt-2 text-muted">
            {state === 'queued'
              ? 'It waits for its turn: one simulation is computed after the other.'
              : 'The variants will be here side by side when all of them are computed.'}
          </p>
        </div>
      )}
      {failure !== null && (
        <p role="alert" className="border-l-2 border-bad pl-3">
          {failure}
        </p>
      )}
      {result && (
        <>
          <Comparison variants={result} />
          <PlanMarket variants={result} />
        </>
      )}
      {notes.length > 0 && (
        <Section title="Put right">
          <ul className="list-disc pl-4">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Scenario">
        <Code label="the scenario" text={scenario} />
      </Section>
    </div>
  )
}
