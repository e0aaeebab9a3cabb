/** A pool as a live strip of slots, with the legend that filters and what each slot is about. */
import type { Lease, Pool, Slot } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { kindLookOf } from '../../ui/claim-kind.ts'
import { shortenId } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { KindLegend } from '../../ui/slots/kind-legend.tsx'
import { SlotStrip } from '../../ui/slots/slot-strip.tsx'
import type { StripSlot } from '../../ui/slots/strip-slot.ts'
import { KindWord } from '../../ui/state-word.tsx'
import { useActiveLeases } from '../leases/active-leases.ts'
import { leaseName } from '../leases/lease-name.ts'
import { countUses, slotUse } from './utilisation.ts'

interface PoolStripProps {
  readonly pool: Pick<Pool, 'name'>
  readonly chosen: readonly string[]
  readonly onChoose: (kinds: readonly string[]) => void
}

export function PoolStrip({ pool, chosen, onChoose }: PoolStripProps): ReactElement {
  const slots = useQuery(apiQuery('listSlots', { params: { pool: pool.name } }))
  return (
    <Answered query={slots} skeleton={<BlockSkeleton height={104} />}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty>The pool has no node yet; its slots would be here.</Empty>
        ) : (
          <Strip pool={pool} slots={items} chosen={chosen} onChoose={onChoose} />
        )
      }
    </Answered>
  )
}

function idOf(slot: Slot): string {
  return `${slot.nodeId}:${slot.index}`
}

function toStripSlot(slot: Slot, chosen: readonly string[], lease: Lease | undefined): StripSlot {
  const isDraining = slot.kind === 'draining'
  const kind = isDraining ? (slot.drainingKind ?? 'draining') : slotUse(slot)
  const whose = lease ? leaseName(lease) : (slot.organization ?? '')
  const word = isDraining ? `draining, was ${kindLookOf(kind).word}` : kindLookOf(kind).word
  return {
    id: idOf(slot),
    node: slot.node,
    index: slot.index,
    kind,
    isDraining,
    caption: slot.kind === null ? 'could be sold' : whose,
    sentence: `${slot.node} slot ${slot.index}: ${word}${whose === '' ? '' : `, ${whose}`}`,
    isDimmed: chosen.length > 0 && !chosen.includes(slotUse(slot)),
  }
}

function Strip({
  pool,
  slots,
  chosen,
  onChoose,
}: PoolStripProps & { slots: readonly Slot[] }): ReactElement {
  const navigate = useNavigate()
  const { leases } = useActiveLeases()
  const leaseById = useMemo(() => new Map(leases.map((lease) => [lease.id, lease])), [leases])
  const slotById = useMemo(() => new Map(slots.map((slot) => [idOf(slot), slot])), [slots])
  const cells = useMemo(
    () => slots.map((slot) => toStripSlot(slot, chosen, leaseById.get(slot.leaseId ?? ''))),
    [slots, chosen, leaseById],
  )
  return (
    <>
      <SlotStrip
        label={`Slots of the pool ${pool.name}`}
        slots={cells}
        onOpen={({ id }) => {
          const leaseId = slotById.get(id)?.leaseId
          if (leaseId) void navigate({ to: '/leases/$leaseId', params: { leaseId } })
        }}
        tip={({ id }) => {
          const slot = slotById.get(id)
          return slot && <SlotFacts slot={slot} lease={leaseById.get(slot.leaseId ?? '')} />
        }}
      />
      <div className="mt-3">
        <KindLegend counts={countUses(slots)} chosen={chosen} onChoose={onChoose} />
      </div>
    </>
  )
}

function SlotFacts({ slot, lease }: { slot: Slot; lease: Lease | undefined }): ReactElement {
  return (
    <>
      <p className="mb-1 flex justify-between gap-2">
        <KindWord kind={slotUse(slot)} />
        <span className="num truncate text-muted">
          {slot.node}:{slot.index}
        </span>
      </p>
      {slot.drainingKind && <p className="text-muted">was {kindLookOf(slot.drainingKind).word}</p>}
      {lease && <p className="truncate font-medium">{leaseName(lease)}</p>}
      {slot.leaseId && <p className="num text-12 text-muted">{shortenId(slot.leaseId)}</p>}
      {slot.organization && <p className="truncate">{slot.organization}</p>}
      {lease?.priceUsdPerGpuHour && (
        <p>
          <Money amount={lease.priceUsdPerGpuHour} per="GPU-h" />
        </p>
      )}
      {slot.since && (
        <p className="text-muted">
          since <Ago at={slot.since} />
        </p>
      )}
      {slot.kind === null && <p className="text-muted">{kindLookOf('free').note}</p>}
    </>
  )
}
