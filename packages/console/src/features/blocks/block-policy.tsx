/** The published rule for cancelling blocks; the operator publishes another. */
import { API, type BlockPolicy } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { InputField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { usePermission } from '../session/session.ts'

interface PolicyDraft {
  freeHours: string
  feePercent: string
}

/** Nothing typed stays no number, so that the contract says so. */
function whole(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function toBody({ freeHours, feePercent }: PolicyDraft) {
  return { freeHours: whole(freeHours), feePercent: whole(feePercent) }
}

const resolver = requestResolver<PolicyDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setBlockPolicy.body,
})

export function BlockPolicyLine(): ReactElement | null {
  const { data } = useQuery(apiQuery('getBlockPolicy'))
  const maySet = usePermission('block.set_policy')
  const [isOpen, setIsOpen] = useState(false)
  if (data === undefined) return null
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
      <p>{data.text}</p>
      {maySet && <Button onClick={() => setIsOpen(true)}>Change the rule</Button>}
      {isOpen && <SetPolicy policy={data} onClose={() => setIsOpen(false)} />}
    </div>
  )
}

function SetPolicy({
  policy,
  onClose,
}: {
  policy: BlockPolicy
  onClose: () => void
}): ReactElement {
  const form = useForm<PolicyDraft>({
    resolver,
    defaultValues: {
      freeHours: String(policy.freeHours),
      feePercent: String(policy.feePercent),
    },
  })
  const set = useCommand('setBlockPolicy', {
    changes: ['getBlockPolicy'],
    onSuccess: () => {
      toast('The rule is published; blocks that were bought keep theirs')
      onClose()
    },
  })
  const { errors } = form.formState
  return (
    <FormDialog
      title="Rule for cancelling blocks"
      action="Publish it"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={form.handleSubmit((values) => set.mutate({ body: toBody(values) }))}
      onClose={onClose}
    >
      <InputField
        label="Costs nothing until"
        unit="hours before the start"
        inputMode="numeric"
        autoFocus
        error={errors.freeHours?.message}
        {...form.register('freeHours')}
      />
      <InputField
        label="Later, until the start"
        unit="% of the price"
        inputMode="numeric"
        error={errors.feePercent?.message}
        {...form.register('feePercent')}
      />
      <p className="text-muted">
        It holds for blocks that are bought from now on; those that were bought keep their rule.
      </p>
    </FormDialog>
  )
}
