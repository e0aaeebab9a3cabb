/** Other names for models: everybody sees what they stand for, the operator moves them. */
import { API, type ModelAlias } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { useForm } from 'react-hook-form'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { exactInstant } from '../../ui/format/time.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { usePermission } from '../session/session.ts'

const CHANGES = ['listModelAliases', 'listModelCards', 'getModelCard'] as const

export function AliasesSection(): ReactElement {
  const aliases = useQuery(apiQuery('listModelAliases'))
  const canSet = usePermission('model_alias.set')
  const [setting, setSetting] = useState<ModelAlias | 'new' | null>(null)
  const [removing, setRemoving] = useState<ModelAlias | null>(null)
  return (
    <Section
      className="mt-8"
      title="Aliases"
      aside={canSet && <Button onClick={() => setSetting('new')}>Add an alias</Button>}
    >
      <Answered query={aliases}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">
              No name stands for another. An alias such as <code>fast</code> can be moved from model
              to model; answers name the model that gave them, and its price is paid.
            </p>
          ) : (
            <ul className="border-t border-line">
              {items.map((alias) => (
                <li
                  key={alias.alias}
                  className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2"
                >
                  <span className="min-w-0 flex-1">
                    <code className="font-medium">{alias.alias}</code> stands for{' '}
                    <Link to="/models/$modelId" params={{ modelId: alias.model ?? '' }}>
                      {alias.model}
                    </Link>
                    <span className="block text-12 text-muted">
                      version {alias.version}, {exactInstant(alias.setAt)}
                    </span>
                  </span>
                  {canSet && (
                    <>
                      <Button look="quiet" onClick={() => setSetting(alias)}>
                        Move
                      </Button>
                      <Button look="quiet" onClick={() => setRemoving(alias)}>
                        Remove
                      </Button>
                    </>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
      {setting !== null && (
        <SetAlias known={setting === 'new' ? null : setting} onClose={() => setSetting(null)} />
      )}
      {removing && <RemoveAlias alias={removing} onClose={() => setRemoving(null)} />}
    </Section>
  )
}

interface Draft {
  alias: string
  model: string
}

const toRequest = ({ model }: Draft) => ({ model })

function SetAlias({
  known,
  onClose,
}: {
  readonly known: ModelAlias | null
  readonly onClose: () => void
}): ReactElement {
  const models = useQuery(apiQuery('listModels'))
  const form = useForm<Draft>({
    resolver: requestResolver<Draft, { model: string }>({
      toRequest,
      schema: API.setModelAlias.body,
    }),
    defaultValues: { alias: known?.alias ?? '', model: known?.model ?? '' },
  })
  const set = useCommand('setModelAlias', {
    changes: CHANGES,
    onSuccess: ({ alias, model }) => {
      toast(`${alias} stands for ${model ?? 'nothing'}`)
      onClose()
    },
  })
  const submit = form.handleSubmit(({ alias, model }) =>
    set.mutate({
      params: { alias },
      body: { model, ...(known === null ? {} : { replaces: known.version }) },
    }),
  )
  const { errors } = form.formState
  return (
    <FormDialog
      title={known === null ? 'Add an alias' : `Move ${known.alias}`}
      action={known === null ? 'Add it' : 'Move it'}
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      {known === null && (
        <InputField
          label="Alias"
          autoFocus
          isMono
          placeholder="fast"
          error={errors.alias?.message}
          {...form.register('alias', { required: true })}
        />
      )}
      <SelectField label="Stands for" error={errors.model?.message} {...form.register('model')}>
        <option value="">choose a model</option>
        {models.data?.items.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </SelectField>
      <p className="text-muted">Gateways follow at once. What is asked is paid at its price.</p>
    </FormDialog>
  )
}

function RemoveAlias({
  alias: { alias, model },
  onClose,
}: {
  readonly alias: ModelAlias
  readonly onClose: () => void
}): ReactElement {
  const remove = useCommand('deleteModelAlias', {
    changes: CHANGES,
    onSuccess: () => {
      toast('The alias was removed')
      onClose()
    },
  })
  return (
    <Confirm
      title={`Remove ${alias}?`}
      action="Remove the alias"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { alias } })}
      onClose={onClose}
    >
      <p>
        Whoever asks for <code>{alias}</code> gets no answer any more; {model} stays.
      </p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
