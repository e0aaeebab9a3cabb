/** Looking for GPUs: what was asked first, then what comes near; why not, in words; and prices that are kept. */
import { Tier } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { kindLook } from '../../ui/claim-kind.ts'
import { useNow } from '../../ui/clock.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { Banner, BlockSkeleton, Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { OfferCard } from './offer-card.tsx'
import { faultsOf, type Offers, type OfferSearch, toQuery } from './offer-search.ts'
import { QuoteCard } from './quote-card.tsx'

const route = getRouteApi('/app/offers')
const SECOND_MS = 1000

export function OffersPage(): ReactElement {
  const search = route.useSearch()
  const isAsked = search.gpus !== undefined
  return (
    <>
      <PageHead
        title="Find GPUs"
        line="What you ask for first, then what comes near: never only no."
        back={
          <Link to="/market" className="text-muted hover:text-accent">
            Market
          </Link>
        }
      />
      <SearchForm key={JSON.stringify(search)} search={search} />
      <OpenQuotes />
      {isAsked && Object.keys(faultsOf(search)).length === 0 && <Found search={search} />}
    </>
  )
}

function SearchForm({ search }: { search: OfferSearch }): ReactElement {
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<OfferSearch>({ gpus: '1', ...search })
  const [isTried, setIsTried] = useState(search.gpus !== undefined)
  const faults = isTried ? faultsOf(draft) : {}
  const change = (part: OfferSearch) => setDraft((before) => ({ ...before, ...part }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setIsTried(true)
    if (Object.keys(faultsOf(draft)).length > 0) return
    const typed = (text: string | undefined) => (text === '' ? undefined : text)
    const { gpus, tier, max, hours } = draft
    const next = { gpus: typed(gpus) ?? '1', tier, max: typed(max), hours: typed(hours) }
    void navigate({ search: next })
  }
  return (
    <form
      noValidate
      onSubmit={submit}
      className="mb-6 grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-5"
    >
      <InputField
        label="GPUs"
        help="8, or H100:8"
        value={draft.gpus ?? ''}
        error={faults.gpus}
        onChange={(event) => change({ gpus: event.target.value })}
      />
      <SelectField
        label="Tier"
        value={draft.tier ?? ''}
        onChange={(event) =>
          change({ tier: Tier.options.find((each) => each === event.target.value) })
        }
      >
        <option value="">any</option>
        {Tier.options.map((tier) => (
          <option key={tier} value={tier}>
            {kindLook(tier).word}
          </option>
        ))}
      </SelectField>
      <InputField
        label="At most"
        unit="$/GPU-h"
        inputMode="decimal"
        value={draft.max ?? ''}
        error={faults.max}
        onChange={(event) => change({ max: event.target.value })}
      />
      <InputField
        label="For"
        unit="hours"
        inputMode="decimal"
        help="to tell what it costs in all"
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

/** Prices that are kept, until their time is over. */
function OpenQuotes(): ReactElement | null {
  const quotes = useQuery(apiQuery('listQuotes'))
  const nowMs = useNow(SECOND_MS)
  const open = (quotes.data?.items ?? []).filter(
    ({ state, expiresAt }) => state === 'open' && Date.parse(expiresAt) > nowMs,
  )
  if (open.length === 0) return null
  return (
    <Section className="mb-6" title="Prices kept for you">
      <ul className="grid gap-3 lg:grid-cols-2">
        {open.map((quote) => (
          <QuoteCard key={quote.id} quote={quote} />
        ))}
      </ul>
    </Section>
  )
}

const REFUSALS: Readonly<Record<NonNullable<Offers['refusal']>, string>> = {
  no_capacity: 'No capacity',
  no_quota: 'Beyond your quota',
  no_money: 'Not enough balance',
}

function Refusal({ refusal, text }: Offers): ReactElement | null {
  if (refusal === null) return null
  return (
    <Banner tone="warn">
      <span className="font-bold">{REFUSALS[refusal]}</span>
      <span>{text}</span>
      {refusal === 'no_quota' && (
        <Link to="/quotas" className="text-accent">
          Ask for more
        </Link>
      )}
    </Banner>
  )
}

function Found({ search }: { search: OfferSearch }): ReactElement {
  const offers = useQuery(apiQuery('listOffers', toQuery(search)))
  const quote = useCommand('createQuote', {
    changes: ['listQuotes', 'listOffers', 'listQuotas'],
    onSuccess: () => toast('The price is kept'),
  })
  return (
    <Answered query={offers} skeleton={<BlockSkeleton height={280} />}>
      {(answer) => (
        <Section title="Offers">
          <Refusal {...answer} />
          {quote.error && (
            <div className="mb-3">
              <ProblemPanel explanation={explain(quote.error)} />
            </div>
          )}
          {answer.items.length === 0 ? (
            <Empty>Nothing comes near what you ask for.</Empty>
          ) : (
            <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
              {answer.items.map((offer) => (
                <OfferCard
                  key={`${offer.pool} ${offer.tier} ${offer.gpus} ${offer.differs.join()}`}
                  offer={offer}
                  isBusy={quote.isPending}
                  onQuote={({ pool, gpus }) => quote.mutate({ body: { pool, gpus } })}
                />
              ))}
            </ul>
          )}
        </Section>
      )}
    </Answered>
  )
}
