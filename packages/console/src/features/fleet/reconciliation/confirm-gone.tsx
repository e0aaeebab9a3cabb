/** Frees the slots of a lease on the operator's word, after the engine was asked once more. */
import { API, type ReconciliationCase } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../../api/commands.ts'
import { explain } from '../../../api/explain.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, InputField } from '../../../ui/field.tsx'
import { requestResolver } from '../../../ui/form-resolver.ts'
import { ProblemPanel } from '../../../ui/notices.tsx'
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
      toast('The lease is closed and its slots are free')
      onClose()
    },
  })
  const submit = form.handleSubmit((body) => confirm.mutate({ params: { id: each.subject }, body }))
  return (
    <Dialog title="Is nothing of this lease left?" onClose={onClose}>
      <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
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
        {confirm.error && <ProblemPanel explanation={explain(confirm.error)} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" type="submit" isBusy={confirm.isPending}>
            Free its slots
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
