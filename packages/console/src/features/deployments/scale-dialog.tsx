/** Changes how many replicas a deployment may have, and when that changes. */
import { API, type Deployment } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { FormRefusal, requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'

interface ScaleValues {
  policy: 'fixed' | 'autoscale'
  replicasMin: string
  replicasMax: string
  idleMs: string
  steadyMs: string
  bandPercent: string
}

const SECOND_MS = 1000

function number(field: keyof ScaleValues, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || Number.isNaN(value)) throw new FormRefusal(field, 'Write a number.')
  return value
}

function toBody(values: ScaleValues) {
  const { policy } = values
  const replicasMax = number('replicasMax', values.replicasMax)
  if (policy === 'fixed') return { policy, replicasMin: replicasMax, replicasMax }
  return {
    policy,
    replicasMin: number('replicasMin', values.replicasMin),
    replicasMax,
    idleMs: number('idleMs', values.idleMs) * SECOND_MS,
    steadyMs: number('steadyMs', values.steadyMs) * SECOND_MS,
    bandPercent: number('bandPercent', values.bandPercent),
  }
}

const resolver = requestResolver<ScaleValues, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.scaleDeployment.body,
})

interface ScaleDialogProps {
  readonly deployment: Deployment
  readonly onClose: () => void
}

export function ScaleDialog({ deployment, onClose }: ScaleDialogProps): ReactElement {
  const { id, model, policy, replicasMin, replicasMax, idleMs, steadyMs, bandPercent } = deployment
  const form = useForm<ScaleValues>({
    resolver,
    defaultValues: {
      policy,
      replicasMin: String(replicasMin),
      replicasMax: String(replicasMax),
      idleMs: String(idleMs / SECOND_MS),
      steadyMs: String(steadyMs / SECOND_MS),
      bandPercent: String(bandPercent),
    },
  })
  const scale = useCommand('scaleDeployment', {
    changes: ['listDeployments', 'listModels', 'listBids'],
    onSuccess: () => {
      toast('The scaling was changed')
      onClose()
    },
  })
  const { errors } = form.formState
  const isFixed = useWatch({ control: form.control, name: 'policy' }) === 'fixed'
  const field = (name: keyof ScaleValues) => ({
    inputMode: 'decimal' as const,
    error: errors[name]?.message,
    ...form.register(name),
  })
  return (
    <FormDialog
      title={`Scaling of ${model}`}
      action="Change the scaling"
      width={520}
      isBusy={scale.isPending}
      problem={scale.error && explain(scale.error)}
      onSubmit={form.handleSubmit((values) =>
        scale.mutate({ params: { id }, body: toBody(values) }),
      )}
      onClose={onClose}
    >
      <SelectField label="Policy" {...form.register('policy')}>
        <option value="autoscale">As many as are worth their room</option>
        <option value="fixed">A fixed number</option>
      </SelectField>
      <div className="grid gap-4 sm:grid-cols-2">
        {!isFixed && <InputField label="At least" unit="replicas" {...field('replicasMin')} />}
        <InputField
          label={isFixed ? 'Replicas' : 'At most'}
          unit="replicas"
          {...field('replicasMax')}
        />
        {!isFixed && (
          <>
            <InputField
              label="None after"
              unit="s"
              help="Without a request; with a minimum of 0."
              {...field('idleMs')}
            />
            <InputField
              label="Turns after"
              unit="s"
              help="One goes once it was worth less for so long."
              {...field('steadyMs')}
            />
            <InputField
              label="Beyond"
              unit="%"
              help="By so much a bid has to differ from the price."
              {...field('bandPercent')}
            />
          </>
        )}
      </div>
    </FormDialog>
  )
}
