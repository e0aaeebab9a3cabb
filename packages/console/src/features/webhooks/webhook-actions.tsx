/** What can be done with a webhook: send a test, give it a new secret, enable it again, delete it. */
import type { Webhook } from '@spillway/contract'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
import { toast } from '../../ui/toast.tsx'
import { SecretOnce } from '../keys/secret-once.tsx'
import { webhookHost } from './webhook-looks.tsx'

export function WebhookActions({ webhook }: { webhook: Webhook }): ReactElement {
  const [asking, setAsking] = useState<'rotate' | 'delete' | null>(null)
  const params = { id: webhook.id }
  const test = useCommand('testWebhook', {
    changes: ['listWebhookDeliveries'],
    onSuccess: () => toast('A test message is on its way'),
  })
  const enable = useCommand('enableWebhook', { changes: ['getWebhook', 'listWebhooks'] })
  const refusal = test.error ?? enable.error
  return (
    <>
      {refusal && <ProblemPanel explanation={explain(refusal)} />}
      {webhook.state === 'enabled' ? (
        <Button look="primary" isBusy={test.isPending} onClick={() => test.mutate({ params })}>
          Send a test
        </Button>
      ) : (
        <Button look="primary" isBusy={enable.isPending} onClick={() => enable.mutate({ params })}>
          Enable
        </Button>
      )}
      <Button onClick={() => setAsking('rotate')}>Rotate secret</Button>
      <Button look="danger" onClick={() => setAsking('delete')}>
        Delete
      </Button>
      {asking === 'rotate' && <RotateSecret webhook={webhook} onClose={() => setAsking(null)} />}
      {asking === 'delete' && <DeleteWebhook webhook={webhook} onClose={() => setAsking(null)} />}
    </>
  )
}

interface AskingProps {
  readonly webhook: Webhook
  readonly onClose: () => void
}

function RotateSecret({ webhook, onClose }: AskingProps): ReactElement {
  const rotate = useCommand('rotateWebhook', { changes: ['getWebhook', 'listWebhooks'] })
  if (rotate.data)
    return (
      <SecretOnce
        title={`The new secret for ${webhookHost(webhook)}`}
        secret={rotate.data.secret}
        onClose={onClose}
      />
    )
  return (
    <Confirm
      title="Give it a new secret?"
      action="Rotate the secret"
      look="primary"
      isBusy={rotate.isPending}
      onConfirm={() => rotate.mutate({ params: { id: webhook.id } })}
      onClose={onClose}
    >
      <p>For a day messages are signed with both, so that the endpoint can change over.</p>
      {rotate.error && <ProblemPanel explanation={explain(rotate.error)} />}
    </Confirm>
  )
}

function DeleteWebhook({ webhook, onClose }: AskingProps): ReactElement {
  const navigate = useNavigate()
  const remove = useCommand('deleteWebhook', {
    changes: ['listWebhooks'],
    onSuccess: () => {
      toast('The webhook was deleted')
      void navigate({ to: '/webhooks' })
    },
  })
  return (
    <Confirm
      title={`Delete the webhook to ${webhookHost(webhook)}?`}
      action="Delete the webhook"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { id: webhook.id } })}
      onClose={onClose}
    >
      <p>Nothing more is sent there, and the record of its deliveries goes with it.</p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
