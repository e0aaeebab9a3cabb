/** Adds prepaid credit to an organization. */
import { API, type Organization } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { formatMoney, parsePicos } from '../../ui/format/money.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
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
    <Dialog title="Grant credit" onClose={onClose}>
      <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
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
        {grant.error && <ProblemPanel explanation={explain(grant.error)} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" isBusy={grant.isPending}>
            Grant the credit
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
