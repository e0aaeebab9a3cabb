/** One task: its attempts with what each was charged, what was reported of it, and a report of one's own. */
import type { Outcome, TaskAttempt } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Drawer } from '../../ui/drawer.tsx'
import { Ago, Money, Quantity } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Facts, Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { usePermission } from '../session/session.ts'

interface TaskDrawerProps {
  readonly taskId: string
  readonly onClose: () => void
}

export function TaskDrawer({ taskId, onClose }: TaskDrawerProps): ReactElement {
  const task = useQuery(apiQuery('getTask', { params: { taskId } }))
  return (
    <Drawer label="Task" title={taskId} onClose={onClose}>
      <Answered query={task}>
        {({ costUsd, attempts, outcomes }) => (
          <>
            <Facts
              facts={[
                ['Cost', costUsd === null ? 'not known' : <Money key="cost" amount={costUsd} />],
                ['Attempts', plural(attempts.length, 'attempt')],
              ]}
            />
            <Attempts attempts={attempts} />
            <Reported outcomes={outcomes} />
          </>
        )}
      </Answered>
      <ReportButtons taskId={taskId} />
    </Drawer>
  )
}

function Attempts({ attempts }: { attempts: readonly TaskAttempt[] }): ReactElement {
  return (
    <Section title="Attempts">
      {attempts.length === 0 && (
        <p className="text-muted">None is posted; they are, a moment after they end.</p>
      )}
      <ol className="flex flex-col gap-2">
        {attempts.map((attempt) => (
          <li key={attempt.id} className="border-b border-line pb-2 last:border-b-0">
            <div className="flex items-baseline justify-between gap-3">
              <span className="min-w-0 truncate" title={attempt.model}>
                {attempt.model}
                {attempt.model !== attempt.asked && (
                  <span className="text-muted"> for {attempt.asked}</span>
                )}
              </span>
              <Money amount={attempt.chargedUsd} />
            </div>
            <div className="flex flex-wrap gap-x-3 text-12 text-muted">
              <Ago at={attempt.startedAt} />
              <Quantity quantity={attempt.tokens} unit="token" />
              {attempt.tries > 1 && <span>{plural(attempt.tries, 'server')} tried</span>}
              {attempt.routeVersion !== null && <span>route v{attempt.routeVersion}</span>}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function Reported({ outcomes }: { outcomes: readonly Outcome[] }): ReactElement {
  return (
    <Section title="Reported">
      {outcomes.length === 0 && <p className="text-muted">Nothing was reported yet.</p>}
      <ol className="flex flex-col gap-2">
        {outcomes.map((each) => (
          <li key={each.id}>
            <div className="flex items-baseline justify-between gap-3">
              {each.isCurrent ? (
                <StateWord tone={each.result === 'success' ? 'good' : 'bad'}>
                  {each.result}
                </StateWord>
              ) : (
                <span className="text-muted">{each.result}, superseded</span>
              )}
              {each.value !== null && <span className="num">{each.value}</span>}
            </div>
            <div className="flex flex-wrap gap-x-3 text-12 text-muted">
              <span title={each.reporter}>{each.reporterName}</span>
              <Ago at={each.reportedAt} />
            </div>
            {each.note !== null && <p className="break-words">{each.note}</p>}
          </li>
        ))}
      </ol>
    </Section>
  )
}

/** Says what became of a task; a later word takes the place of an earlier one. */
export function ReportButtons({ taskId }: { taskId: string }): ReactElement | null {
  const mayReport = usePermission('outcome.report')
  const { mutate, isPending, error } = useCommand('reportOutcome', {
    changes: ['getTask', 'listOutcomes', 'getOutcomeCost'],
  })
  if (!mayReport) return null
  const report = (result: 'success' | 'failure') => () => mutate({ body: { taskId, result } })
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button icon="check" isBusy={isPending} onClick={report('success')}>
        It succeeded
      </Button>
      <Button icon="cross" isBusy={isPending} onClick={report('failure')}>
        It failed
      </Button>
      {error !== null && <ProblemPanel explanation={explain(error)} />}
    </div>
  )
}
