/** Sets a budget: of an organization, of one of its keys, or of its end users. */
import { API, BudgetPeriod } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { PERIOD_WORDS } from './budget-looks.tsx'

interface BudgetDraft {
  organizationId: string
  apiKeyId: string
  endUser: string
  period: BudgetPeriod
  amountUsd: string
}

const EMPTY: BudgetDraft = {
  ...{ organizationId: '', apiKeyId: '', endUser: '', period: 'month', amountUsd: '' },
}

function toBody({ organizationId, apiKeyId, endUser, period, amountUsd }: BudgetDraft) {
  return {
    ...{ period, amountUsd: amountUsd.trim() },
    ...(organizationId === '' ? {} : { organizationId }),
    ...(apiKeyId === '' ? {} : { apiKeyId }),
    ...(endUser.trim() === '' ? {} : { endUser: endUser.trim() }),
  }
}

const resolver = requestResolver<BudgetDraft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setBudget.body,
})

interface SetBudgetProps {
  readonly isOperator: boolean
  readonly onClose: () => void
}

export function SetBudget({ isOperator, onClose }: SetBudgetProps): ReactElement {
  const form = useForm<BudgetDraft>({ resolver, defaultValues: EMPTY })
  const organizations = useQuery({ ...apiQuery('listOrganizations'), enabled: isOperator })
  const keys = useQuery({ ...apiQuery('listApiKeys'), enabled: !isOperator })
  const set = useCommand('setBudget', {
    changes: ['listBudgets'],
    onSuccess: () => {
      toast('The budget is set')
      onClose()
    },
  })
  const { errors } = form.formState
  return (
    <FormDialog
      title="Set a budget"
      action="Set the budget"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={form.handleSubmit((values) => set.mutate({ body: toBody(values) }))}
      onClose={onClose}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField
          label="At most"
          autoFocus
          inputMode="decimal"
          unit="USD"
          error={errors.amountUsd?.message}
          {...form.register('amountUsd')}
        />
        <SelectField label="In" error={errors.period?.message} {...form.register('period')}>
          {BudgetPeriod.options.map((period) => (
            <option key={period} value={period}>
              {PERIOD_WORDS[period]}
            </option>
          ))}
        </SelectField>
      </div>
      {isOperator ? (
        <SelectField
          label="Of"
          error={errors.organizationId?.message}
          {...form.register('organizationId')}
        >
          <option value="">Your own organization</option>
          {organizations.data?.items.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : (
        <SelectField label="Key" error={errors.apiKeyId?.message} {...form.register('apiKeyId')}>
          <option value="">All keys together</option>
          {keys.data?.items
            .filter(({ revokedAt }) => revokedAt === null)
            .map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </SelectField>
      )}
      <InputField
        label="End user"
        placeholder="all together"
        help="As requests name them in user; * gives each its own."
        error={errors.endUser?.message}
        {...form.register('endUser')}
      />
    </FormDialog>
  )
}
