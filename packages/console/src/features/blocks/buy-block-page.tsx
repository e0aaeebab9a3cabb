/** Buying a block: what was asked first, then what comes near, each with its price; one press more, and it is bought. */
import type { BlockOffering } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { InputField } from '../../ui/field.tsx'
import { Banner, BlockSkeleton, Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { type BlockSearch, faultsOf, toQuery } from './block-search.ts'
import { BookableSection } from './bookable-section.tsx'
import { OfferingCard } from './offering-card.tsx'

const route = getRouteApi('/app/blocks/new')

export function BuyBlockPage(): ReactElement {
  const search = route.useSearch()
  return (
    <>
      <PageHead
        title="Buy a block"
        line="GPUs from one full hour to another, kept for you, and paid whether used or not."
        back={
          <Link to="/blocks" className="text-muted hover:text-accent">
            Blocks
          </Link>
        }
      />
      <SearchForm key={JSON.stringify(search)} search={search} />
      {Object.keys(faultsOf(search)).length === 0 && <Found search={search} />}
      <Bookable search={search} />
    </>
  )
}

/** Of the pool that is named, or the only one. */
function Bookable({ search }: { search: BlockSearch }): ReactElement | null {
  const navigate = route.useNavigate()
  const { data } = useQuery(apiQuery('listPools'))
  const names = data?.items.map(({ name }) => name) ?? []
  const pool = search.pool ?? (names.length === 1 ? names[0] : undefined)
  if (pool === undefined || !names.includes(pool)) return null
  const pick = (from: string) => void navigate({ search: { ...search, from } })
  return (
    <div className="mt-7">
      <BookableSection pool={pool} onPick={pick} />
    </div>
  )
}

function SearchForm({ search }: { search: BlockSearch }): ReactElement {
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<BlockSearch>({ gpus: '1', hours: '24', ...search })
  const faults = faultsOf(draft)
  const change = (part: BlockSearch) => setDraft((before) => ({ ...before, ...part }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (Object.keys(faults).length > 0) return
    const typed = (text: string | undefined) => (text === '' ? undefined : text)
    const { gpus, nodes, pool, from, hours } = draft
    const next = { gpus: typed(gpus), nodes: typed(nodes), pool: typed(pool) }
    void navigate({ search: { ...next, from: typed(from), hours: typed(hours) } })
  }
  return (
    <form
      noValidate
      onSubmit={submit}
      className="mb-6 grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-6"
    >
      <InputField
        label="GPUs"
        help="8, or H100:8"
        value={draft.gpus ?? ''}
        error={faults.gpus}
        onChange={(event) => change({ gpus: event.target.value })}
      />
      <InputField
        label="Over nodes"
        help="as few as it takes"
        inputMode="numeric"
        value={draft.nodes ?? ''}
        error={faults.nodes}
        onChange={(event) => change({ nodes: event.target.value })}
      />
      <InputField
        label="Pool"
        help="any"
        value={draft.pool ?? ''}
        onChange={(event) => change({ pool: event.target.value })}
      />
      <InputField
        label="From, UTC"
        type="datetime-local"
        step={3600}
        help="the earliest"
        value={draft.from ?? ''}
        error={faults.from}
        onChange={(event) => change({ from: event.target.value })}
      />
      <InputField
        label="For"
        unit="hours"
        inputMode="numeric"
        value={draft.hours ?? ''}
        error={faults.hours}
        onChange={(event) => change({ hours: event.target.value })}
      />
      <div className="sm:pt-[22px]">
        <Button look="primary" type="submit" icon="search" className="w-full">
          Search
        </Button>
      </div>
    </form>
  )
}

const REFUSALS = { no_capacity: 'No capacity', no_money: 'Not enough balance' } as const

function useBuy() {
  const navigate = route.useNavigate()
  return useCommand('createBlock', {
    changes: ['listBlocks', 'listBlockOfferings', 'getBalance', 'getCalendar'],
    onSuccess: ({ id }) => {
      toast('The block is yours')
      void navigate({ to: '/blocks', search: { block: id } })
    },
  })
}

/** The price that was seen is the most that is paid. */
function toBody({
  pool,
  gpus,
  nodes,
  fabric,
  startsAt,
  endsAt,
  priceUsdPerGpuHour,
}: BlockOffering) {
  const maxPriceUsdPerGpuHour = priceUsdPerGpuHour
  return { body: { pool, gpus, nodes, fabric, startsAt, endsAt, maxPriceUsdPerGpuHour } }
}

function Found({ search }: { search: BlockSearch }): ReactElement {
  const offerings = useQuery(apiQuery('listBlockOfferings', toQuery(search)))
  const buy = useBuy()
  return (
    <Answered query={offerings} skeleton={<BlockSkeleton height={220} />}>
      {({ items, refusal, text }) => (
        <Section title="What can be bought">
          {refusal !== null && (
            <Banner tone="warn">
              <span className="font-bold">{REFUSALS[refusal]}</span>
              <span>{text}</span>
            </Banner>
          )}
          {buy.error && (
            <div className="mb-3">
              <ProblemPanel explanation={explain(buy.error)} />
            </div>
          )}
          {items.length === 0 ? (
            <Empty>Nothing comes near what you ask for.</Empty>
          ) : (
            <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
              {items.map((offering) => (
                <OfferingCard
                  key={`${offering.pool} ${offering.gpus} ${offering.startsAt} ${offering.hours}`}
                  offering={offering}
                  isBusy={buy.isPending}
                  onBuy={() => buy.mutate(toBody(offering))}
                />
              ))}
            </ul>
          )}
        </Section>
      )}
    </Answered>
  )
}
