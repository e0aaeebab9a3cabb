/** A model's card in parts: what is declared of it and who serves it; what it costs and how it answered; when it goes. */
import type { ModelCard } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, type ReactNode, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button, buttonClass } from '../../ui/button.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { Banner } from '../../ui/notices.tsx'
import { Facts, Section } from '../../ui/page.tsx'
import { usePermission } from '../session/session.ts'
import { Known, ORIGIN_WORDS, RetirementTag, serverWords, Unknown, Words } from './card-looks.tsx'
import { EditCard } from './edit-card.tsx'
import { MeasuredSection } from './measured-section.tsx'
import { PriceTable } from './price-table.tsx'
import { RetirementBanner, RetireModel } from './retirement.tsx'

/** An address that somebody declared: the contract lets nothing but http and https in. */
function Away({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  )
}

function Licence({ card: { licence, declared } }: { card: ModelCard }): ReactElement {
  if (licence === null) return <Unknown />
  return declared.licenceUrl ? <Away href={declared.licenceUrl}>{licence}</Away> : <>{licence}</>
}

function Terms({ card: { declared } }: { card: ModelCard }): ReactElement {
  const { terms, termsUrl } = declared
  if (!terms && !termsUrl) return <Unknown />
  return (
    <span>
      {terms} {termsUrl && <Away href={termsUrl}>{terms ? 'in full' : termsUrl}</Away>}
    </span>
  )
}

function Declared({ card }: { card: ModelCard }): ReactElement {
  const { declared, aliases } = card
  const limit = declared.outputTokensMax
  return (
    <Facts
      facts={[
        ['Publisher', <Known key="p">{card.publisher}</Known>],
        ['Origin', <Known key="o">{card.origin && ORIGIN_WORDS[card.origin]}</Known>],
        ['Licence', <Licence key="l" card={card} />],
        ['Output limit', <Known key="x">{limit && `${formatCount(limit)} tokens`}</Known>],
        ['Takes', <Words key="t" names={declared.inputModalities} />],
        ['Makes', <Words key="m" names={declared.outputModalities} />],
        ['Can', <Words key="c" names={declared.capabilities} />],
        ['Quantisation', <Known key="q">{declared.quantisation}</Known>],
        ['Answered by', <Known key="s">{serverWords(card)}</Known>],
        ['Prompts', <Known key="d">{declared.dataPolicy}</Known>],
        ['Terms', <Terms key="r" card={card} />],
        [
          'Also named',
          aliases.length === 0 ? 'nothing else' : <code key="a">{aliases.join(', ')}</code>,
        ],
      ]}
    />
  )
}

/** Above the page: that it goes, or that this project may not use it. */
export function CardBanners({ model }: { readonly model: string }): ReactElement | null {
  const card = useQuery(apiQuery('getModelCard', { params: { id: model } }))
  if (card.data === undefined) return null
  return (
    <>
      <RetirementBanner card={card.data} />
      {!card.data.isAllowed && (
        <Banner tone="warn">A rule about this project keeps it from using this model.</Banner>
      )}
    </>
  )
}

/** What it costs and how it answered. */
export function CardFigures({ model }: { readonly model: string }): ReactElement {
  const card = useQuery(apiQuery('getModelCard', { params: { id: model } }))
  return (
    <Answered query={card}>
      {(answer) => (
        <>
          <Section title="Prices">
            <PriceTable card={answer} />
          </Section>
          <MeasuredSection card={answer} />
        </>
      )}
    </Answered>
  )
}

export function CardSection({ model }: { readonly model: string }): ReactElement {
  const card = useQuery(apiQuery('getModelCard', { params: { id: model } }))
  return <Answered query={card}>{(answer) => <Card card={answer} />}</Answered>
}

function Card({ card }: { readonly card: ModelCard }): ReactElement {
  const [open, setOpen] = useState<'edit' | 'retire' | null>(null)
  const canDeclare = usePermission('model_card.set')
  const canRetire = usePermission('model_retirement.announce')
  return (
    <>
      <Section
        title={
          <span className="flex items-center gap-2">
            What is known of it <RetirementTag card={card} />
          </span>
        }
        aside={
          <>
            {canRetire && <Button onClick={() => setOpen('retire')}>Retire</Button>}
            {canDeclare && <Button onClick={() => setOpen('edit')}>Edit the card</Button>}
          </>
        }
      >
        <Declared card={card} />
        <p className="mt-3 flex flex-wrap gap-2">
          <Link
            to="/models/$modelId/documentation"
            params={{ modelId: card.model }}
            className={buttonClass('plain')}
          >
            Documentation
          </Link>
          <Link to="/models/compare" search={{ of: card.model }} className={buttonClass('plain')}>
            Compare
          </Link>
        </p>
      </Section>
      {open === 'edit' && <EditCard card={card} onClose={() => setOpen(null)} />}
      {open === 'retire' && <RetireModel card={card} onClose={() => setOpen(null)} />}
    </>
  )
}
