/** Takes a model's route away: every server of the model answers again. */
import type { ReactElement } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Confirm } from '../../ui/dialog.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
import { toast } from '../../ui/toast.tsx'

export function RemoveRoute({
  model,
  onClose,
}: {
  readonly model: string
  readonly onClose: () => void
}): ReactElement {
  const remove = useCommand('deleteRoute', {
    changes: ['getRoute', 'listRoutes', 'listRouteVersions'],
    onSuccess: () => {
      toast('The route was removed')
      onClose()
    },
  })
  return (
    <Confirm
      title={`Remove the route of ${model}?`}
      action="Remove the route"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { model } })}
      onClose={onClose}
    >
      <p>
        Every server of the model answers again, the least busy first, without the constraints of
        the document. What projects and requests say goes on to hold. The versions stay.
      </p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
