/** When a model goes: said above its page, announced and withdrawn by the operator. */
import { API, type ModelCard } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { AskTwice } from '../../ui/ask-twice.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { FormRefusal, requestResolver } from '../../ui/form-resolver.ts'
import { exactInstant } from '../../ui/format/time.ts'
import { Banner } from '../../ui/notices.tsx'
import { toast } from '../../ui/toast.tsx'

const CHANGES = ['getModelCard', 'listModelCards', 'listModelAliases'] as const

export function RetirementBanner({ card }: { readonly card: ModelCard }): ReactElement | null {
  const { retirement } = card
  if (retirement === null) return null
  const { isRetired, retiresAt, successor } = retirement
  return (
    <Banner tone="warn">
      {isRetired ? 'It was retired on ' : 'It is retired on '}
      {exactInstant(retiresAt)}
      {isRetired ? ' and answers nobody.' : '; until then it answers as ever.'}
      {successor !== null && (
        <>
          {' '}
          <Link to="/models/$modelId" params={{ modelId: successor }}>
            {successor}
          </Link>{' '}
          succeeds it.
        </>
      )}
    </Banner>
  )
}

interface Draft {
  day: string
  successor: string
}

function toBody({ day, successor }: Draft, version: number) {
  const at = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) throw new FormRefusal('day', 'Write a day, such as 2027-03-01.')
  return {
    retiresAt: at.toISOString(),
    ...(successor === '' ? {} : { successor }),
    replaces: version,
  }
}

interface RetireProps {
  readonly card: ModelCard
  readonly onClose: () => void
}

export function RetireModel({ card, onClose }: RetireProps): ReactElement {
  const { model, retirement } = card
  const version = retirement?.version ?? 0
  const models = useQuery(apiQuery('listModels'))
  const form = useForm<Draft>({
    resolver: requestResolver<Draft, ReturnType<typeof toBody>>({
      toRequest: (draft) => toBody(draft, version),
      schema: API.announceModelRetirement.body,
      fields: { retiresAt: 'day' },
    }),
    defaultValues: {
      day: retirement?.retiresAt.slice(0, 10) ?? '',
      successor: retirement?.successor ?? '',
    },
  })
  const announce = useCommand('announceModelRetirement', {
    changes: CHANGES,
    onSuccess: () => {
      toast('The retirement is announced')
      onClose()
    },
  })
  const { errors } = form.formState
  return (
    <FormDialog
      title={`Retire ${model}`}
      action="Announce it"
      look="danger"
      isBusy={announce.isPending}
      problem={announce.error && explain(announce.error)}
      onSubmit={form.handleSubmit((draft) =>
        announce.mutate({ params: { id: model }, body: toBody(draft, version) }),
      )}
      onClose={onClose}
    >
      <p className="text-muted">
        Everybody who used it lately is told at once, a month, a week and a day ahead, and when it
        happens. From then on it is refused; aliases move to its successor.
      </p>
      <InputField
        label="Goes on"
        type="date"
        help="At midnight, UTC"
        error={errors.day?.message}
        {...form.register('day')}
      />
      <SelectField
        label="Succeeded by"
        error={errors.successor?.message}
        {...form.register('successor')}
      >
        <option value="">nothing</option>
        {models.data?.items
          .filter(({ id }) => id !== model)
          .map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
      </SelectField>
      {retirement !== null && <Keep model={model} onDone={onClose} />}
    </FormDialog>
  )
}

function Keep({ model, onDone }: { readonly model: string; readonly onDone: () => void }) {
  const keep = useCommand('withdrawModelRetirement', {
    changes: CHANGES,
    onSuccess: () => {
      toast('It stays')
      onDone()
    },
  })
  return (
    <AskTwice
      label="Keep it after all"
      look="plain"
      action="Keep it"
      keep="No"
      isBusy={keep.isPending}
      problem={keep.error && explain(keep.error)}
      onConfirm={() => keep.mutate({ params: { id: model } })}
    >
      What was announced is withdrawn.
    </AskTwice>
  )
}
