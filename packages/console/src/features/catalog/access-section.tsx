/** Which models projects may use: the own project's for a member, everybody's for the operator. */
import { API, type ModelAccess, ModelAccessRule } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { useForm } from 'react-hook-form'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { CheckField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { useSession } from '../session/session.ts'

const CHANGES = ['listModelAccess', 'listModels', 'listModelCards', 'getModelCard'] as const

function ruleWords({ rule, models }: Pick<ModelAccess, 'rule' | 'models'>): string {
  if (models.length === 0) return rule === 'only' ? 'no model' : 'every model'
  return `${rule === 'only' ? 'only' : 'all but'} ${models.join(', ')}`
}

export function AccessSection(): ReactElement {
  const rules = useQuery(apiQuery('listModelAccess'))
  const { role, project } = useSession()
  const isOperator = role === 'operator'
  const [isSetting, setSetting] = useState(false)
  const [removing, setRemoving] = useState<ModelAccess | null>(null)
  return (
    <Section
      className="mt-8"
      title="Models that projects may use"
      aside={
        <Button onClick={() => setSetting(true)}>
          {isOperator ? 'Set a rule' : `Set a rule for ${project.name}`}
        </Button>
      }
    >
      <Answered query={rules}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">
              Every project may use every model. A model that a rule keeps from a project is
              answered as one that there is not, whichever name or route leads to it.
            </p>
          ) : (
            <ul className="border-t border-line">
              {items.map((each) => (
                <RuleRow
                  key={`${each.projectId} ${each.setBy}`}
                  access={each}
                  isOwn={(each.setBy === 'operator') === isOperator}
                  onRemove={() => setRemoving(each)}
                />
              ))}
            </ul>
          )
        }
      </Answered>
      {isSetting && <SetAccess isOperator={isOperator} onClose={() => setSetting(false)} />}
      {removing && <RemoveAccess access={removing} onClose={() => setRemoving(null)} />}
    </Section>
  )
}

function RuleRow({
  access,
  isOwn,
  onRemove,
}: {
  readonly access: ModelAccess
  readonly isOwn: boolean
  readonly onRemove: () => void
}): ReactElement {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2">
      <span className="min-w-0 flex-1">
        <span className="font-medium">{ruleWords(access)}</span>
        <span className="block text-12 text-muted">
          project <Id id={access.projectId} />, set by the {access.setBy}
        </span>
      </span>
      {isOwn && (
        <Button look="quiet" onClick={onRemove}>
          Remove
        </Button>
      )}
    </li>
  )
}

interface Draft {
  organizationId: string
  rule: ModelAccessRule
  models: string[]
}

function toBody({ organizationId, rule, models }: Draft) {
  return { rule, models, ...(organizationId === '' ? {} : { organizationId }) }
}

const resolver = requestResolver<Draft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setModelAccess.body,
})

const RULE_WORDS: Record<ModelAccessRule, string> = {
  only: 'only those checked',
  except: 'all but those checked',
}

function SetAccess({
  isOperator,
  onClose,
}: {
  readonly isOperator: boolean
  readonly onClose: () => void
}): ReactElement {
  const models = useQuery(apiQuery('listModels'))
  const organizations = useQuery({ ...apiQuery('listOrganizations'), enabled: isOperator })
  const form = useForm<Draft>({
    resolver,
    defaultValues: { organizationId: '', rule: 'only', models: [] },
  })
  const set = useCommand('setModelAccess', {
    changes: CHANGES,
    onSuccess: () => {
      toast('The rule holds')
      onClose()
    },
  })
  const { errors } = form.formState
  return (
    <FormDialog
      title="Models that a project may use"
      action="Hold to it"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={form.handleSubmit((draft) => set.mutate({ body: toBody(draft) }))}
      onClose={onClose}
    >
      {isOperator && (
        <SelectField
          label="Organization"
          error={errors.organizationId?.message}
          {...form.register('organizationId')}
        >
          <option value="">Your own</option>
          {organizations.data?.items.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
      <SelectField label="It may use" error={errors.rule?.message} {...form.register('rule')}>
        {ModelAccessRule.options.map((rule) => (
          <option key={rule} value={rule}>
            {RULE_WORDS[rule]}
          </option>
        ))}
      </SelectField>
      <fieldset className="min-w-0">
        <legend className="mb-1 font-medium">Models</legend>
        <div className="flex max-h-60 flex-col gap-1 overflow-y-auto">
          {models.data?.items.map(({ id }) => (
            <CheckField key={id} label={id} value={id} {...form.register('models')} />
          ))}
        </div>
        {errors.models?.message && <p className="text-12 text-bad">{errors.models.message}</p>}
      </fieldset>
      <p className="text-muted">
        It replaces your rule before. {isOperator ? 'The organization' : 'The operator'} may have
        one beside it: both hold.
      </p>
    </FormDialog>
  )
}

function RemoveAccess({
  access,
  onClose,
}: {
  readonly access: ModelAccess
  readonly onClose: () => void
}): ReactElement {
  const remove = useCommand('deleteModelAccess', {
    changes: CHANGES,
    onSuccess: () => {
      toast('The rule was removed')
      onClose()
    },
  })
  return (
    <Confirm
      title="Remove the rule?"
      action="Remove the rule"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { projectId: access.projectId } })}
      onClose={onClose}
    >
      <p>The project may use {ruleWords(access)} now, and every model then.</p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
