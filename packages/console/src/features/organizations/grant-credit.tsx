/** Adds prepaid credit to an organization. */
import { API, type Organization } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { InputField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { formatMoney, parsePicos } from '../../ui/format/money.ts'
import { toast } from '../../ui/toast.tsx'

interface CreditValues {
  amountUsd: string
  note: string
}

function toBody({ amountUsd, note }: CreditValues) {
  return { amountUsd: amountUsd.trim(), ...(note.trim() === '' ? {} : { note: note.trim() }) }
}

const resolver = requestResolver<CreditValues, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.grantCredit.body,
})

export function GrantCredit({
  organization,
  onClose,
}: {
  organization: Organization
  onClose: () => void
}): ReactElement {
  const form = useForm<CreditValues>({ resolver, defaultValues: { amountUsd: '', note: '' } })
  const grant = useCommand('grantCredit', {
    changes: ['listOrganizations', 'getBalance', 'getBooks'],
    onSuccess: () => {
      toast('The credit was granted')
      onClose()
    },
  })
  const amount = useWatch({ control: form.control, name: 'amountUsd' }).trim()
  const isAmount = /^\d{1,14}(\.\d{1,12})?$/.test(amount)
  const submit = form.handleSubmit((values) =>
    grant.mutate({ params: { id: organization.id }, body: toBody(values) }),
  )
  return (
    <FormDialog
      title="Grant credit"
      action="Grant the credit"
      isBusy={grant.isPending}
      problem={grant.error && explain(grant.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label="Amount"
        autoFocus
        inputMode="decimal"
        unit="USD"
        placeholder="100.00"
        error={form.formState.errors.amountUsd?.message}
        {...form.register('amountUsd')}
      />
      <InputField
        label="Note"
        placeholder="for the record"
        error={form.formState.errors.note?.message}
        {...form.register('note')}
      />
      <p className="break-words text-muted">
        {organization.name.slice(0, 80)} has {formatMoney(organization.balanceUsd)}
        {isAmount &&
          ` and will have ${formatMoney(parsePicos(organization.balanceUsd) + parsePicos(amount))}`}
        .
      </p>
    </FormDialog>
  )
}
