/** Frees the slots of a lease on the operator's word, after the engine was asked once more. */
import { API, type ReconciliationCase } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../../api/commands.ts'
import { explain } from '../../../api/explain.ts'
import { CheckField, InputField } from '../../../ui/field.tsx'
import { FormDialog } from '../../../ui/form-dialog.tsx'
import { requestResolver } from '../../../ui/form-resolver.ts'
import { toast } from '../../../ui/toast.tsx'

interface Values {
  reason: string
  isFenced: boolean
}

const resolver = requestResolver<Values, Values>({
  toRequest: (values) => values,
  schema: API.confirmLeaseGone.body,
})

interface ConfirmGoneProps {
  readonly each: ReconciliationCase
  readonly onClose: () => void
}

export function ConfirmGone({ each, onClose }: ConfirmGoneProps): ReactElement {
  const form = useForm<Values>({ resolver, defaultValues: { reason: '', isFenced: false } })
  const confirm = useCommand('confirmLeaseGone', {
    changes: ['getReconciliation', 'getLease', 'getFleetMap', 'listLeases'],
    onSuccess: () => {
      toast('Its slots are free')
      onClose()
    },
  })
  const submit = form.handleSubmit((body) => confirm.mutate({ params: { id: each.subject }, body }))
  return (
    <FormDialog
      title="Is nothing of this lease left?"
      action="Free its slots"
      look="danger"
      isBusy={confirm.isPending}
      problem={confirm.error && explain(confirm.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <p className="break-words">{each.text}</p>
      <InputField
        label="How you know"
        autoFocus
        placeholder="looked on the machine: no process of it"
        error={form.formState.errors.reason?.message}
        {...form.register('reason')}
      />
      <CheckField
        label="The machine is off, or cut from its GPUs"
        help="Needed where the engine cannot tell. Slots that something still uses would be sold twice."
        {...form.register('isFenced')}
      />
    </FormDialog>
  )
}
