/** What serves the models: replicas on the pool, servers elsewhere, and servers found that could be added. */
import type { Deployment, Discovery } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { UpstreamsSection } from '../upstreams/upstreams-section.tsx'
import { AddServer } from './add-server.tsx'
import { DeploymentCard } from './deployment-card.tsx'

/** The form opened for a server: one that was found, or one to be named. */
type Adding = { readonly url: string; readonly model: string }

export function DeploymentsPage(): ReactElement {
  const deployments = useQuery(apiQuery('listDeployments'))
  const [adding, setAdding] = useState<Adding | null>(null)
  const [removing, setRemoving] = useState<Deployment | null>(null)
  const ready = deployments.data?.items.reduce(
    (sum, deployment) =>
      sum + deployment.replicas.filter((replica) => replica.state === 'ready').length,
    0,
  )
  const addButton = (
    <Button look="primary" icon="plus" onClick={() => setAdding({ url: '', model: '' })}>
      Add a server
    </Button>
  )
  return (
    <>
      <PageHead
        title="Deployments"
        line={
          deployments.data ? (
            `${plural(deployments.data.items.length, 'model')} deployed · ${plural(ready ?? 0, 'replica')} ready`
          ) : (
            <>&nbsp;</>
          )
        }
        actions={addButton}
      />
      <Discoveries onAdd={setAdding} />
      <Answered query={deployments}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty action={addButton}>
              No model is deployed; replicas and upstream servers would be here.
            </Empty>
          ) : (
            <ul className="border-t border-line">
              {items.map((deployment) => (
                <DeploymentCard
                  key={deployment.id}
                  deployment={deployment}
                  onRemove={() => setRemoving(deployment)}
                />
              ))}
            </ul>
          )
        }
      </Answered>
      <UpstreamsSection />
      {adding && <AddServer start={adding} onClose={() => setAdding(null)} />}
      {removing && <RemoveDeployment deployment={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

function Discoveries({ onAdd }: { onAdd: (adding: Adding) => void }): ReactElement | null {
  const { data } = useQuery(apiQuery('listDiscoveries'))
  if (!data || data.items.length === 0) return null
  return (
    <Section className="mb-6" title="Found on this machine">
      <ul>
        {data.items.map((discovery) => (
          <Found key={discovery.url} discovery={discovery} onAdd={onAdd} />
        ))}
      </ul>
    </Section>
  )
}

function Found({
  discovery,
  onAdd,
}: {
  discovery: Discovery
  onAdd: (adding: Adding) => void
}): ReactElement {
  const [first = ''] = discovery.models
  return (
    <li className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-base border border-line border-l-2 border-l-accent bg-surface px-3 py-2">
      <span className="min-w-0">
        <span className="font-medium">{discovery.product}</span> answers at{' '}
        <code>{discovery.url}</code>
        <span className="block text-muted">
          {discovery.models.length === 0
            ? 'It serves no model yet.'
            : `It serves ${discovery.models.slice(0, 4).join(', ')}${discovery.models.length > 4 ? ` and ${discovery.models.length - 4} more` : ''}.`}
        </span>
      </span>
      <span className="flex-1" />
      <Button onClick={() => onAdd({ url: discovery.url, model: first })}>Add this server</Button>
    </li>
  )
}

function RemoveDeployment({
  deployment,
  onClose,
}: {
  deployment: Deployment
  onClose: () => void
}): ReactElement {
  const remove = useCommand('deleteDeployment', {
    changes: ['listDeployments', 'listModels', 'listDiscoveries'],
    onSuccess: () => {
      toast('The deployment was removed')
      onClose()
    },
  })
  return (
    <Confirm
      title={`Remove ${deployment.model}?`}
      action="Remove the deployment"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { id: deployment.id } })}
      onClose={onClose}
    >
      <p>
        The model leaves the catalog at once, and requests that name it are refused. The server
        itself is left alone.
      </p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
