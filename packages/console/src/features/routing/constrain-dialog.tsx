/** Says where and by whom the requests of the own project may be answered. */
import { API, type RouteConstraints } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'

interface Draft {
  regions: string
  providersOnly: string
  providersIgnored: string
  dataPolicy: string
}

const EMPTY: Draft = { regions: '', providersOnly: '', providersIgnored: '', dataPolicy: '' }

function namesOf(text: string): string[] | undefined {
  const names = text.split(/[\s,]+/).filter(Boolean)
  return names.length === 0 ? undefined : names
}

function toBody({ regions, providersOnly, providersIgnored, dataPolicy }: Draft) {
  const said = {
    regions: namesOf(regions),
    providersOnly: namesOf(providersOnly),
    providersIgnored: namesOf(providersIgnored),
    dataPolicy: dataPolicy || undefined,
  }
  const given = Object.entries(said).filter(([, value]) => value !== undefined)
  return { constraints: Object.fromEntries(given) as RouteConstraints }
}

const resolver = requestResolver<Draft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.setRouteConstraint.body,
  fields: {
    'constraints.regions': 'regions',
    'constraints.providersOnly': 'providersOnly',
    'constraints.providersIgnored': 'providersIgnored',
    'constraints.dataPolicy': 'dataPolicy',
  },
})

export function ConstrainDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { register, handleSubmit, formState } = useForm<Draft>({ resolver, defaultValues: EMPTY })
  const { errors } = formState
  const set = useCommand('setRouteConstraint', {
    changes: ['listRouteConstraints'],
    onSuccess: () => {
      toast('The constraint holds')
      onClose()
    },
  })
  return (
    <FormDialog
      title="Where requests may be answered"
      action="Hold to it"
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
      onSubmit={handleSubmit((draft) => set.mutate({ body: toBody(draft) }))}
      onClose={onClose}
    >
      <p className="text-muted">
        It replaces what was said before. A server of which something is not known does not satisfy
        it; where none is left, requests are refused.
      </p>
      <InputField
        label="Only in these regions"
        placeholder="eu-west, eu-north"
        error={errors.regions?.message}
        {...register('regions')}
      />
      <InputField
        label="Only by these providers"
        help="own, private, a host, or the id of an upstream"
        error={errors.providersOnly?.message}
        {...register('providersOnly')}
      />
      <InputField
        label="Never by these"
        error={errors.providersIgnored?.message}
        {...register('providersIgnored')}
      />
      <SelectField
        label="Prompts there may be"
        error={errors.dataPolicy?.message}
        {...register('dataPolicy')}
      >
        <option value="">anything</option>
        <option value="kept">kept, but not trained on</option>
        <option value="not_kept">not kept</option>
      </SelectField>
    </FormDialog>
  )
}
