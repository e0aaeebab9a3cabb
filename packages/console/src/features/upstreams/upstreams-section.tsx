/** Upstreams: servers of somebody else that answer for models, beside replicas or alone. */
import type { Upstream } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { AddUpstream } from './add-upstream.tsx'
import { POLICY_WORDS, PROVIDER_WORDS } from './upstream-words.ts'

export function UpstreamsSection(): ReactElement {
  const upstreams = useQuery(apiQuery('listUpstreams'))
  const [isAdding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Upstream | null>(null)
  return (
    <Section
      className="mt-8"
      title="Upstreams"
      aside={
        <Button icon="plus" onClick={() => setAdding(true)}>
          Add an upstream
        </Button>
      }
    >
      <Answered query={upstreams}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">
              No server of somebody else answers for a model. One may stand beside replicas, or
              alone.
            </p>
          ) : (
            <ul className="border-t border-line">
              {items.map((upstream) => (
                <UpstreamRow
                  key={upstream.id}
                  upstream={upstream}
                  onRemove={() => setRemoving(upstream)}
                />
              ))}
            </ul>
          )
        }
      </Answered>
      {isAdding && <AddUpstream onClose={() => setAdding(false)} />}
      {removing && <RemoveUpstream upstream={removing} onClose={() => setRemoving(null)} />}
    </Section>
  )
}

function UpstreamRow({
  upstream: { model, url, provider, upstreamModel, hasCredential, region, ...upstream },
  onRemove,
}: {
  readonly upstream: Upstream
  readonly onRemove: () => void
}): ReactElement {
  const facts = [
    PROVIDER_WORDS[provider],
    hasCredential ? 'credential sealed' : 'no credential',
    region ?? 'region not known',
    `prompts ${POLICY_WORDS[upstream.dataPolicy]}`,
    upstream.allowsPrivateNetwork ? 'private networks too' : 'public internet only',
  ]
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2">
      <span className="min-w-0 flex-1">
        <span className="font-medium">{model}</span> as <code>{upstreamModel}</code> at{' '}
        <code className="break-all">{url}</code>
        <span className="block text-12 text-muted">{facts.join(' · ')}</span>
      </span>
      <Button look="quiet" aria-label={`Remove the upstream ${url} of ${model}`} onClick={onRemove}>
        Remove
      </Button>
    </li>
  )
}

function RemoveUpstream({
  upstream,
  onClose,
}: {
  readonly upstream: Upstream
  readonly onClose: () => void
}): ReactElement {
  const remove = useCommand('deleteUpstream', {
    changes: ['listUpstreams', 'listModels'],
    onSuccess: () => {
      toast('The upstream was removed')
      onClose()
    },
  })
  return (
    <Confirm
      title={`Ask ${upstream.url} no more?`}
      action="Remove the upstream"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate({ params: { id: upstream.id } })}
      onClose={onClose}
    >
      <p>
        New requests for {upstream.model} go to the other servers of the model. Where it has none,
        it leaves the catalog.
      </p>
      {remove.error && <ProblemPanel explanation={explain(remove.error)} />}
    </Confirm>
  )
}
