/** One deployment with its replicas, each with what happens or went wrong. */
import type { Deployment, Replica } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Button, buttonClass } from '../../ui/button.tsx'
import { shortenId } from '../../ui/copy.tsx'
import { Ago } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { StateWord, Tag, type Tone } from '../../ui/state-word.tsx'

const TONES: Record<Replica['state'], Tone> = {
  ready: 'good',
  starting: 'accent',
  draining: 'accent',
  backing_off: 'bad',
  stopped: 'idle',
}

function boundsOf({ policy, replicasMin, replicasMax, replicasWanted }: Deployment): string {
  const wanted = `${plural(replicasWanted, 'replica')} wanted`
  return policy === 'fixed' ? wanted : `${wanted}, ${replicasMin} to ${replicasMax},`
}

const ENGINES = { vllm: 'vLLM', sglang: 'SGLang' } as const

function serverWords({ server }: Deployment): string {
  if (server === null) return ''
  return `, each ${ENGINES[server.engine]} on ${plural(server.gpus, 'GPU')}`
}

interface DeploymentCardProps {
  readonly deployment: Deployment
  readonly onRemove: () => void
}

export function DeploymentCard({ deployment, onRemove }: DeploymentCardProps): ReactElement {
  const source =
    deployment.source === 'upstream'
      ? `upstream ${deployment.upstreamUrl ?? ''}`
      : `${boundsOf(deployment)} on ${deployment.pool ?? 'any pool'}${serverWords(deployment)}`
  return (
    <li className="border-b border-line py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link
          to="/models/$modelId"
          params={{ modelId: deployment.model }}
          className="min-w-0 truncate text-15 font-medium text-text no-underline hover:text-accent hover:underline"
        >
          {deployment.model}
        </Link>
        <Tag>{deployment.source}</Tag>
        <span className="min-w-0 truncate text-muted" title={deployment.weights ?? undefined}>
          {source}
          {deployment.weights && ` · weights ${deployment.weights}`}
        </span>
        <span className="flex-1" />
        {deployment.source === 'replica' && (
          <Link
            to="/deployments/$deploymentId"
            params={{ deploymentId: deployment.id }}
            className={buttonClass('quiet')}
          >
            Bids
          </Link>
        )}
        {deployment.source === 'upstream' && (
          <Button look="quiet" onClick={onRemove}>
            Remove
          </Button>
        )}
      </div>
      <ul className="mt-1">
        {deployment.replicas.map((replica, index) => (
          <ReplicaLine key={replica.leaseId ?? replica.url ?? index} replica={replica} />
        ))}
        {deployment.source === 'replica' && deployment.replicas.length === 0 && (
          <li className="text-muted">
            {deployment.policy === 'autoscale'
              ? 'It sleeps, and starts when somebody asks for it.'
              : 'No replica runs.'}
          </li>
        )}
      </ul>
    </li>
  )
}

function ReplicaLine({ replica }: { replica: Replica }): ReactElement {
  return (
    <li className="grid min-h-7 grid-cols-[112px_1fr] items-baseline gap-x-3 sm:grid-cols-[112px_168px_1fr]">
      <StateWord
        tone={TONES[replica.state]}
        isMoving={replica.state === 'starting' || replica.state === 'draining'}
      >
        {replica.state.replace('_', ' ')}
      </StateWord>
      <span className="num max-sm:hidden">
        {replica.leaseId ? (
          <Link
            to="/leases/$leaseId"
            params={{ leaseId: replica.leaseId }}
            title={replica.leaseId}
            className="text-text hover:text-accent"
          >
            {shortenId(replica.leaseId)}
          </Link>
        ) : (
          <span className="text-muted">no lease</span>
        )}
      </span>
      <span className="min-w-0 break-words text-muted">
        {replica.text}
        {replica.crashes > 0 && ` ${plural(replica.crashes, 'crash', 'crashes')}.`}
        {replica.retryAt && (
          <>
            {' '}
            Tries again <Ago at={replica.retryAt} />.
          </>
        )}
      </span>
    </li>
  )
}
