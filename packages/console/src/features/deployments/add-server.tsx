/** Adds a model that an OpenAI-compatible server serves. */
import { API } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { CheckField, InputField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { FormRefusal, requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'

interface ServerValues {
  model: string
  upstreamUrl: string
  upstreamModel: string
  allowsPrivateNetwork: boolean
  contextTokens: string
  inputUsdPerMillionTokens: string
  outputUsdPerMillionTokens: string
}

function toBody(values: ServerValues) {
  const contextTokens = Number(values.contextTokens)
  if (values.contextTokens.trim() === '' || Number.isNaN(contextTokens))
    throw new FormRefusal('contextTokens', 'Write a number.')
  return {
    model: values.model.trim(),
    upstreamUrl: values.upstreamUrl.trim(),
    upstreamModel: values.upstreamModel.trim(),
    allowsPrivateNetwork: values.allowsPrivateNetwork,
    contextTokens,
    inputUsdPerMillionTokens: values.inputUsdPerMillionTokens.trim(),
    outputUsdPerMillionTokens: values.outputUsdPerMillionTokens.trim(),
  }
}

const resolver = requestResolver<ServerValues, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.createDeployment.body,
})

interface AddServerProps {
  readonly start: { readonly url: string; readonly model: string }
  readonly onClose: () => void
}

export function AddServer({ start, onClose }: AddServerProps): ReactElement {
  const form = useForm<ServerValues>({
    resolver,
    defaultValues: {
      model: start.model,
      upstreamUrl: start.url,
      upstreamModel: start.model,
      // What was found is on this machine.
      allowsPrivateNetwork: start.url !== '',
      contextTokens: '8192',
      inputUsdPerMillionTokens: '0.10',
      outputUsdPerMillionTokens: '0.40',
    },
  })
  const create = useCommand('createDeployment', {
    changes: ['listDeployments', 'listModels', 'listDiscoveries'],
    onSuccess: () => {
      toast('The model was added to the catalog')
      onClose()
    },
  })
  const { errors } = form.formState
  const submit = form.handleSubmit((values) => create.mutate({ body: toBody(values) }))
  return (
    <FormDialog
      title="Add a server"
      action="Add the server"
      width={520}
      isBusy={create.isPending}
      problem={create.error && explain(create.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label="Address"
        isMono
        placeholder="http://127.0.0.1:11434/v1"
        help="Base address of an OpenAI-compatible server."
        error={errors.upstreamUrl?.message}
        {...form.register('upstreamUrl')}
      />
      <CheckField
        label="It may be in a private network"
        help="Also on this machine. Without it, only the public internet is asked."
        {...form.register('allowsPrivateNetwork')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField
          label="Its name for the model"
          isMono
          error={errors.upstreamModel?.message}
          {...form.register('upstreamModel')}
        />
        <InputField
          label="Name buyers use"
          isMono
          error={errors.model?.message}
          {...form.register('model')}
        />
        <InputField
          label="Input price"
          inputMode="decimal"
          unit="$ / M tok"
          error={errors.inputUsdPerMillionTokens?.message}
          {...form.register('inputUsdPerMillionTokens')}
        />
        <InputField
          label="Output price"
          inputMode="decimal"
          unit="$ / M tok"
          error={errors.outputUsdPerMillionTokens?.message}
          {...form.register('outputUsdPerMillionTokens')}
        />
        <InputField
          label="Context"
          inputMode="numeric"
          unit="tokens"
          error={errors.contextTokens?.message}
          {...form.register('contextTokens')}
        />
      </div>
    </FormDialog>
  )
}
