/** The operator grants what a buyer asked for, or less, or declines it. */
import { API, type QuotaRequest } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { InputField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { wholeGpus } from './quota-draft.ts'
import { scopeWords } from './quota-looks.tsx'

interface DecisionDraft {
  gpus: string
  answer: string
}

function toGrant({ gpus, answer }: DecisionDraft) {
  return { decision: 'grant' as const, gpus: wholeGpus(gpus), answer: answer.trim() }
}

const resolver = requestResolver<DecisionDraft, ReturnType<typeof toGrant>>({
  toRequest: toGrant,
  schema: API.decideQuotaRequest.body,
})

interface DecideRequestProps {
  readonly request: QuotaRequest
  readonly onClose: () => void
}

export function DecideRequest({ request, onClose }: DecideRequestProps): ReactElement {
  const { id, organization, reason } = request
  const form = useForm<DecisionDraft>({
    resolver,
    defaultValues: { gpus: String(request.gpus), answer: '' },
  })
  const decide = useCommand('decideQuotaRequest', {
    changes: ['listQuotaRequests', 'listQuotas'],
    onSuccess: ({ state }) => {
      toast(state === 'granted' ? 'The quota is granted' : 'The request is declined')
      onClose()
    },
  })
  const params = { id }
  const grant = form.handleSubmit((values) => decide.mutate({ params, body: toGrant(values) }))
  const decline = () =>
    decide.mutate({
      params,
      body: { decision: 'decline', answer: form.getValues('answer').trim() },
    })
  const { errors } = form.formState
  return (
    <FormDialog
      title={`${organization} asks for more`}
      action="Grant it"
      isBusy={decide.isPending}
      problem={decide.error && explain(decide.error)}
      onSubmit={grant}
      onClose={onClose}
    >
      <blockquote className="border-l-2 border-line-strong pl-3 break-words text-muted">
        {reason}
      </blockquote>
      <InputField
        label={`GPUs at once: ${scopeWords(request)}`}
        inputMode="numeric"
        error={errors.gpus?.message}
        {...form.register('gpus')}
      />
      <TextField
        label="Answer"
        rows={2}
        error={errors.answer?.message}
        {...form.register('answer')}
      />
      <div>
        <Button look="danger" isBusy={decide.isPending} onClick={decline}>
          Decline it
        </Button>
      </div>
    </FormDialog>
  )
}
