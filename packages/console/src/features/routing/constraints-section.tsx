/** What projects allow of servers. Everybody sees their own organization's; the operator sees all. */
import type { RouteConstraint } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { useSession } from '../session/session.ts'
import { ConstrainDialog } from './constrain-dialog.tsx'
import { constraintWords } from './route-words.ts'

export function ConstraintsSection(): ReactElement {
  const constraints = useQuery(apiQuery('listRouteConstraints'))
  const { project, organization } = useSession()
  const [isSetting, setSetting] = useState(false)
  const [removing, setRemoving] = useState<RouteConstraint | null>(null)
  return (
    <Section
      className="mt-8"
      title="Where requests may be answered"
      aside={<Button onClick={() => setSetting(true)}>Constrain {project.name}</Button>}
    >
      <Answered query={constraints}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">
              Wherever the routes allow. A project may say regions, providers, what becomes of
              prompts, and prices; then no request of it is answered anywhere else.
            </p>
          ) : (
            <ul className="border-t border-line">
              {items.map((each) => (
                <ConstraintRow
                  key={each.projectId}
                  constraint={each}
                  isOwn={each.organizationId === organization.id}
                  onRemove={() => setRemoving(each)}
                />
              ))}
            </ul>
          )
        }
      </Answered>
      {isSetting && <ConstrainDialog onClose={() => setSetting(false)} />}
      {removing && <Unconstrain constraint={removing} onClose={() => setRemoving(null)} />}
    </Section>
  )
}

function ConstraintRow({
  constraint: { projectId, constraints },
  isOwn,
  onRemove,
}: {
  readonly constraint: RouteConstraint
  readonly isOwn: boolean
  readonly onRemove: () => void
}): ReactElement {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2">
      <span className="min-w-0 flex-1">
        <span className="font-medium">{constraintWords(constraints)}</span>
        <span className="block text-12 text-muted">
          project <Id id={projectId} />
        </span>
      </span>
      {isOwn && (
        <Button look="quiet" onClick={onRemove}>
          Remove
        </Button>
      )}
    </li>
  )
}

function Unconstrain({
  constraint: { projectId, constraints },
  onClose,
}: {
  readonly constraint: RouteConstraint
  readonly onClose: () => void
}): ReactElement {
  const remove = useCommand('deleteRouteConstraint', {
    changes: ['listRouteConstraints'],
    onSuccess: () => {
      toast('The constraint was removed')
      onClose()
    },
  })
  return (
    <Confirm
      title="Answer anywhere again?"
      action="Remove the constraint"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { projectId } })}
      onClose={onClose}
    >
      <p>Requests of the project no longer have to be answered {constraintWords(constraints)}.</p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
