/** Lets a server of somebody else answer for a model. The credential is typed here and never shown again. */
import { API, UpstreamDataPolicy, UpstreamProvider } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm, type UseFormReturn } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { CheckField, InputField, SelectField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { toast } from '../../ui/toast.tsx'
import { POLICY_WORDS, PROVIDER_WORDS } from './upstream-words.ts'

interface Draft {
  model: string
  url: string
  provider: UpstreamProvider
  upstreamModel: string
  credential: string
  region: string
  dataPolicy: UpstreamDataPolicy
  allowsPrivateNetwork: boolean
  contextTokens: string
  isEmbedding: boolean
  inputUsd: string
  outputUsd: string
}

const EMPTY: Draft = {
  ...{ model: '', url: '', provider: 'openai', upstreamModel: '', credential: '', region: '' },
  ...{ dataPolicy: 'unknown', contextTokens: '', inputUsd: '', outputUsd: '' },
  ...{ allowsPrivateNetwork: false, isEmbedding: false },
}

/** A field left empty says nothing. */
function written(values: Readonly<Record<string, string>>): Record<string, string> {
  const trimmed = Object.entries(values).map(([name, text]) => [name, text.trim()] as const)
  return Object.fromEntries(trimmed.filter(([, text]) => text !== ''))
}

function toBody({ contextTokens, isEmbedding, inputUsd, outputUsd, ...draft }: Draft) {
  const { model, url, provider, upstreamModel, credential, region, dataPolicy } = draft
  const { allowsPrivateNetwork } = draft
  const isSold = [contextTokens, inputUsd, outputUsd].some((text) => text.trim() !== '')
  return {
    model: model.trim(),
    url: url.trim(),
    upstreamModel: upstreamModel.trim() || model.trim(),
    provider,
    dataPolicy,
    allowsPrivateNetwork,
    ...written({ credential, region }),
    ...(isSold
      ? {
          sell: {
            contextTokens: Number(contextTokens),
            inputUsd: inputUsd.trim(),
            outputUsd: outputUsd.trim(),
            ...(isEmbedding ? { isEmbedding } : {}),
          },
        }
      : {}),
  }
}

const resolver = requestResolver<Draft, ReturnType<typeof toBody>>({
  toRequest: toBody,
  schema: API.createUpstream.body,
  fields: {
    'sell.contextTokens': 'contextTokens',
    'sell.inputUsd': 'inputUsd',
    'sell.outputUsd': 'outputUsd',
  },
})

export function AddUpstream({ onClose }: { readonly onClose: () => void }): ReactElement {
  const form = useForm<Draft>({ resolver, defaultValues: EMPTY })
  const create = useCommand('createUpstream', {
    changes: ['listUpstreams', 'listModels'],
    onSuccess: () => {
      toast('The upstream was added')
      onClose()
    },
  })
  return (
    <FormDialog
      title="Add an upstream"
      action="Add the upstream"
      width={520}
      isBusy={create.isPending}
      problem={create.error && explain(create.error)}
      onSubmit={form.handleSubmit((values) => create.mutate({ body: toBody(values) }))}
      onClose={onClose}
    >
      <ServerFields form={form} />
      <p className="text-muted">
        A model of the catalog keeps its price. A new one needs what it is sold for.
      </p>
      <SaleFields form={form} />
    </FormDialog>
  )
}

type Fields = { readonly form: UseFormReturn<Draft> }

function ServerFields({ form: { register, formState } }: Fields): ReactElement {
  const { errors } = formState
  return (
    <>
      <InputField
        label="Address"
        isMono
        placeholder="https://api.example.com/v1"
        help="Base address; https unless it is in a network of yours."
        error={errors.url?.message}
        {...register('url')}
      />
      <CheckField
        label="It may be in a private network"
        help="Also on this machine. Without it, only the public internet is asked."
        {...register('allowsPrivateNetwork')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label="It speaks" error={errors.provider?.message} {...register('provider')}>
          {UpstreamProvider.options.map((each) => (
            <option key={each} value={each}>
              {PROVIDER_WORDS[each]}
            </option>
          ))}
        </SelectField>
        <InputField
          label="Credential"
          type="password"
          autoComplete="new-password"
          help="Kept sealed, never shown again. A key of AWS: ID:SECRET."
          error={errors.credential?.message}
          {...register('credential')}
        />
        <InputField
          label="Name buyers use"
          isMono
          error={errors.model?.message}
          {...register('model')}
        />
        <InputField
          label="Its name for the model"
          isMono
          help="Empty: the same."
          error={errors.upstreamModel?.message}
          {...register('upstreamModel')}
        />
        <InputField label="Region" error={errors.region?.message} {...register('region')} />
        <SelectField
          label="Prompts there are"
          error={errors.dataPolicy?.message}
          {...register('dataPolicy')}
        >
          {UpstreamDataPolicy.options.map((each) => (
            <option key={each} value={each}>
              {POLICY_WORDS[each]}
            </option>
          ))}
        </SelectField>
      </div>
    </>
  )
}

function SaleFields({ form: { register, formState } }: Fields): ReactElement {
  const { errors } = formState
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-3">
        <InputField
          label="Context"
          inputMode="numeric"
          unit="tokens"
          error={errors.contextTokens?.message}
          {...register('contextTokens')}
        />
        <InputField
          label="Input price"
          inputMode="decimal"
          unit="$ / M tok"
          error={errors.inputUsd?.message}
          {...register('inputUsd')}
        />
        <InputField
          label="Output price"
          inputMode="decimal"
          unit="$ / M tok"
          error={errors.outputUsd?.message}
          {...register('outputUsd')}
        />
      </div>
      <CheckField
        label="It makes embeddings"
        help="It turns texts into vectors, and answers nothing else."
        {...register('isEmbedding')}
      />
    </>
  )
}
