/** Makes a webhook: where to send, what of, and for the operator, of whose leases. */
import { API, WEBHOOK_DEFAULT_EVENTS, WebhookEvent } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useForm } from 'react-hook-form'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { CheckField, InputField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { requestResolver } from '../../ui/form-resolver.ts'
import { SecretOnce } from '../keys/secret-once.tsx'
import { useSession } from '../session/session.ts'
import { webhookHost } from './webhook-looks.tsx'

interface WebhookValues {
  url: string
  description: string
  events: WebhookEvent[]
  isOfFleet: boolean
}

function toRequest({ url, description, events, isOfFleet }: WebhookValues) {
  return {
    url: url.trim(),
    description: description.trim(),
    events,
    scope: isOfFleet ? ('fleet' as const) : ('organization' as const),
  }
}

const resolver = requestResolver<WebhookValues, ReturnType<typeof toRequest>>({
  toRequest,
  schema: API.createWebhook.body,
})

export function CreateWebhook({ onClose }: { onClose: () => void }): ReactElement {
  const session = useSession()
  const form = useForm<WebhookValues>({
    resolver,
    defaultValues: {
      url: '',
      description: '',
      events: [...WEBHOOK_DEFAULT_EVENTS],
      isOfFleet: false,
    },
  })
  const create = useCommand('createWebhook', { changes: ['listWebhooks'] })
  if (create.data)
    return (
      <SecretOnce
        title={`The signing secret for ${webhookHost(create.data.webhook)}`}
        secret={create.data.secret}
        onClose={onClose}
      />
    )
  const submit = form.handleSubmit((values) => create.mutate({ body: toRequest(values) }))
  const { errors } = form.formState
  return (
    <FormDialog
      title="Create a webhook"
      action="Create the webhook"
      isBusy={create.isPending}
      problem={create.error && explain(create.error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label="Send to"
        autoFocus
        type="url"
        placeholder="https://example.com/hooks"
        help="Your own endpoint. It answers 2xx within 10 seconds."
        error={errors.url?.message}
        {...form.register('url')}
      />
      <InputField
        label="For"
        placeholder="what it is for"
        error={errors.description?.message}
        {...form.register('description')}
      />
      <fieldset>
        <legend className="mb-1 font-medium">Tell it of</legend>
        <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
          {WebhookEvent.options.map((type) => (
            <CheckField key={type} label={type} value={type} {...form.register('events')} />
          ))}
        </div>
        {errors.events && <p className="mt-1 text-12 text-bad">Choose what it is to be told of.</p>}
      </fieldset>
      {session.role === 'operator' && (
        <CheckField
          label="Of the whole fleet"
          help="The leases of every organization, not only the operator’s own."
          {...form.register('isOfFleet')}
        />
      )}
    </FormDialog>
  )
}
