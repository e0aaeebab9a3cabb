/** One reclaim in full: why, every link of the chain with its evidence, the terms, and what was credited. */
import type { CompensationRule, Reclaim, ReclaimTerms } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Id, shortenId } from '../../ui/copy.tsx'
import { Drawer } from '../../ui/drawer.tsx'
import { Countdown, Money } from '../../ui/figures.tsx'
import { formatGpuTime, plural } from '../../ui/format/numbers.ts'
import { clockTime, exactInstant, formatDuration } from '../../ui/format/time.ts'
import { Facts } from '../../ui/page.tsx'
import { KindWord, StateWord, type Tone } from '../../ui/state-word.tsx'
import { chainOf, isOpen, type LinkState } from './chain.ts'

interface ReclaimDrawerProps {
  readonly reclaim: Reclaim
  readonly onClose: () => void
}

export function ReclaimDrawer({ reclaim, onClose }: ReclaimDrawerProps): ReactElement {
  return (
    <Drawer label="Reclaim" title="Reclaim" onClose={onClose}>
      <p className="break-words">{reclaim.text}</p>
      {reclaim.causeGoneAt !== null && (
        <p className="text-muted">
          The reason went away at {clockTime(reclaim.causeGoneAt)}; a notice is final all the same.
        </p>
      )}
      <Chain reclaim={reclaim} />
      <Facts facts={factsOf(reclaim)} />
      <h3 className="font-bold">Terms</h3>
      <Facts facts={termsOf(reclaim.terms)} />
    </Drawer>
  )
}

const TONES: Record<LinkState, Tone> = {
  done: 'accent',
  due: 'warn',
  open: 'idle',
  skipped: 'idle',
}

function Chain({ reclaim }: { reclaim: Reclaim }): ReactElement {
  return (
    <ol className="border-y border-line">
      {chainOf(reclaim).map((link) => (
        <li
          key={link.id}
          className="grid grid-cols-[130px_1fr_auto] gap-x-2 border-b border-line py-1.5 last:border-b-0"
        >
          <StateWord tone={TONES[link.state]}>{link.word}</StateWord>
          <span className="num text-muted">
            {link.at !== null && (
              <time dateTime={link.at} title={exactInstant(link.at)}>
                {clockTime(link.at)}
              </time>
            )}
            {link.state === 'due' && reclaim.stopAt !== null && (
              <>
                in <Countdown until={reclaim.stopAt} />
              </>
            )}
            {link.state === 'skipped' && link.at === null && '—'}
          </span>
          <span className="num text-muted">
            {link.tookMs === null ? '' : `+${formatDuration(link.tookMs)}`}
          </span>
          {link.text !== '' && link.id !== 'decided' && (
            <span className="col-span-3 break-words text-muted">{link.text}</span>
          )}
        </li>
      ))}
    </ol>
  )
}

export const CAUSE_WORDS: Record<Reclaim['cause'], string> = {
  outranked: 'work of higher rank',
  shrink: 'the owner’s demand rises',
  engine: 'the engine’s own rules',
  maintenance: 'its node is taken out of work',
}

function factsOf(reclaim: Reclaim): (readonly [string, ReactElement | string])[] {
  return [
    [
      'Lease',
      <Link
        key="lease"
        to="/leases/$leaseId"
        params={{ leaseId: reclaim.leaseId }}
        className="num text-accent"
      >
        {shortenId(reclaim.leaseId)}
      </Link>,
    ],
    ['Organization', reclaim.organization],
    ['Tier', <KindWord key="kind" kind={reclaim.kind} />],
    ['Pool', `${reclaim.pool}, ${plural(reclaim.gpus, 'GPU')}, attempt ${reclaim.attempt}`],
    ['Cause', CAUSE_WORDS[reclaim.cause]],
    ...(reclaim.byKind === null
      ? []
      : ([['Room for', <KindWord key="by" kind={reclaim.byKind} />]] as const)),
    ...(reclaim.forLeaseId === null
      ? []
      : ([
          [
            'For the lease',
            <Link
              key="for"
              to="/leases/$leaseId"
              params={{ leaseId: reclaim.forLeaseId }}
              className="num text-accent"
            >
              {shortenId(reclaim.forLeaseId)}
            </Link>,
          ],
        ] as const)),
    [
      'Work lost',
      reclaim.workLostGpuMs === null
        ? 'not known yet'
        : `${formatGpuTime(reclaim.workLostGpuMs)} since the last checkpoint`,
    ],
    [
      'Credited',
      reclaim.compensationUsd === null ? (
        isOpen(reclaim) ? (
          'when it is gone'
        ) : (
          '—'
        )
      ) : (
        <Money key="credit" amount={reclaim.compensationUsd} />
      ),
    ],
    ...(reclaim.transactionId === null
      ? []
      : ([['Transaction', <Id key="transaction" id={reclaim.transactionId} />]] as const)),
  ]
}

function compensationWords(rule: CompensationRule): string {
  if (rule.kind === 'none') return 'none'
  if (rule.kind === 'minutes') return `${rule.minutes} minutes of the lease at its price`
  return `${Number(rule.fraction) * 100} % of the last ${formatDuration(rule.lastMs)}`
}

export function termsOf(terms: ReclaimTerms): (readonly [string, ReactElement | string])[] {
  if (terms.by.length === 0) return [['Taken back', 'never']]
  return [
    ['Taken back for', terms.by.map((kind) => kind.replaceAll('_', ' ')).join(', ')],
    ['Notice', terms.noticeMs === 0 ? 'none' : formatDuration(terms.noticeMs)],
    ['Runs at least', terms.minimumRunMs === 0 ? 'no minimum' : formatDuration(terms.minimumRunMs)],
    ['In a month', terms.perMonthMax === null ? 'no cap' : `at most ${terms.perMonthMax} times`],
    ['Compensation', compensationWords(terms.compensation)],
  ]
}
