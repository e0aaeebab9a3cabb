/** One lease: what it is, what happened to it, what it writes, what it costs. */
import type { Lease } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { ExpectedStartWords } from '../../ui/expected-start.tsx'
import { Countdown, Money } from '../../ui/figures.tsx'
import { formatGpuTime, plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { BlockSkeleton, ProblemPanel } from '../../ui/notices.tsx'
import { Facts, type Figure, FigureRow, PageHead, Section } from '../../ui/page.tsx'
import { Timeline, type TimelineFact } from '../../ui/timeline.tsx'
import { toast } from '../../ui/toast.tsx'
import { hourlyPicos } from './active-leases.ts'
import { factTone } from './fact-tone.ts'
import { leaseFacts } from './lease-facts.tsx'
import { LeaseLog } from './lease-log.tsx'
import { LeaseAge, leasePlace, LeaseStateWord } from './lease-looks.tsx'
import { leaseName } from './lease-name.ts'
import { LeaseReclaims } from './lease-reclaims.tsx'
import { LifeLine } from './timeline/life-line.tsx'
import { Placements } from './timeline/placements.tsx'

const route = getRouteApi('/app/leases/$leaseId')

export function LeasePage(): ReactElement {
  const { leaseId } = route.useParams()
  const lease = useQuery(apiQuery('getLease', { params: { id: leaseId } }))
  return (
    <Answered query={lease} skeleton={<BlockSkeleton height={320} />}>
      {(answer) => <LeaseDetail lease={answer} />}
    </Answered>
  )
}

function LeaseDetail({ lease }: { lease: Lease }): ReactElement {
  return (
    <>
      <PageHead
        name={leaseName(lease)}
        back={
          <Link to="/leases" className="text-muted hover:text-accent">
            Leases
          </Link>
        }
        title={
          <>
            <span className="max-w-full truncate" title={leaseName(lease)}>
              {leaseName(lease)}
            </span>
            <span className="text-13 font-normal">
              <LeaseStateWord lease={lease} />
            </span>
          </>
        }
        line={<Id id={lease.id} />}
        actions={lease.state !== 'ended' && <StopLease lease={lease} />}
      />
      {lease.state === 'pending' && lease.waitingFor && (
        <p className="mb-3 text-muted">
          Waits: {lease.waitingFor}
          {lease.expectedStart && (
            <>
              . Likely start: <ExpectedStartWords start={lease.expectedStart} />
            </>
          )}
        </p>
      )}
      <FigureRow figures={leaseFigures(lease)} />
      <LeaseLife lease={lease} />
      <div className="grid gap-x-8 gap-y-6 lg:grid-cols-12">
        <div className="flex min-w-0 flex-col gap-6 lg:col-span-4 lg:row-start-1">
          <Section title="Facts">
            <LeaseTimeline leaseId={lease.id} />
          </Section>
          <Section title="Details">
            <Facts facts={leaseFacts(lease)} />
          </Section>
        </div>
        <div className="min-w-0 lg:col-span-8 lg:row-start-1">
          <LeaseLog lease={lease} />
        </div>
      </div>
    </>
  )
}

function leaseFigures(lease: Lease): Figure[] {
  const isOwn = lease.kind === 'anchor' || lease.kind === 'serving'
  return [
    {
      label: 'GPUs',
      value: <span className="num">{lease.gpus}</span>,
      note:
        lease.placements.length === 0 ? (
          `in pool ${lease.pool}`
        ) : (
          <span className="num">{leasePlace(lease)}</span>
        ),
    },
    {
      label: lease.state === 'ended' ? 'Ran' : 'Running for',
      value: lease.startedAt === null ? '—' : <LeaseAge lease={lease} />,
      note:
        lease.attempt > 1 ? `attempt ${lease.attempt}` : `${formatGpuTime(lease.gpuMs)} metered`,
    },
    {
      label: 'Price',
      value: lease.priceUsdPerGpuHour === null ? '—' : <Money amount={lease.priceUsdPerGpuHour} />,
      note:
        isOwn && lease.priceUsdPerGpuHour === null
          ? 'the operator’s own work is not charged'
          : 'per GPU-hour',
    },
    {
      label: lease.state === 'ended' ? 'Cost' : 'Cost so far',
      value: <Money amount={lease.chargedUsd} />,
      note:
        lease.state === 'ended' ? (
          'final'
        ) : (
          <>
            <Money amount={hourlyPicos([lease])} per="h" /> now
          </>
        ),
    },
    lease.stopAt !== null && lease.state === 'reclaiming'
      ? {
          label: 'Stops in',
          value: <Countdown until={lease.stopAt} />,
          note: 'then its processes are stopped',
        }
      : {
          label: 'Held',
          value: <Money amount={lease.heldUsd} />,
          note: 'set aside from the balance',
        },
  ]
}

function LeaseLife({ lease }: { lease: Lease }): ReactElement {
  const facts = useQuery(apiQuery('listLeaseFacts', { params: { id: lease.id } }))
  return (
    <Section title="Timeline" className="mb-6">
      <Answered query={facts} skeleton={<BlockSkeleton height={113} />}>
        {({ items }) => <LifeLine lease={lease} facts={items} />}
      </Answered>
      <Placements lease={lease} />
      <LeaseReclaims lease={lease} />
    </Section>
  )
}

function LeaseTimeline({ leaseId }: { leaseId: string }): ReactElement {
  const facts = useQuery(apiQuery('listLeaseFacts', { params: { id: leaseId } }))
  return (
    <Answered query={facts}>
      {({ items }) => (
        <Timeline
          facts={items.map((fact): TimelineFact => {
            const detail =
              Object.keys(fact.data).length > 0 ? JSON.stringify(fact.data, null, 1) : undefined
            return {
              at: fact.at,
              text: fact.text,
              tone: factTone(fact.type),
              ...(detail === undefined ? {} : { detail }),
            }
          })}
        />
      )}
    </Answered>
  )
}

function StopLease({ lease }: { lease: Lease }): ReactElement {
  const [isAsking, setIsAsking] = useState(false)
  const stop = useCommand('stopLease', {
    changes: ['getLease', 'listLeases', 'listLeaseFacts', 'listSlots', 'listPools'],
    onSuccess: () => {
      setIsAsking(false)
      toast('The lease is being stopped')
    },
  })
  return (
    <>
      <Button look="danger" icon="stop" onClick={() => setIsAsking(true)}>
        Stop
      </Button>
      {isAsking && (
        <Confirm
          title="Stop this lease?"
          action="Stop the lease"
          isBusy={stop.isPending}
          onConfirm={() => stop.mutate({ params: { id: lease.id } })}
          onClose={() => setIsAsking(false)}
        >
          <p className="break-words">
            {leaseName(lease).slice(0, 120)} on {plural(lease.gpus, 'GPU')} is asked to stop; what
            still runs after {formatDuration(lease.graceMs)} is killed. Billing ends when its
            processes are gone.
          </p>
          {stop.error && <ProblemPanel explanation={explain(stop.error)} />}
        </Confirm>
      )}
    </>
  )
}
