/** What a lease is: its tier, command and terms, how it is reached, and what is hidden about it. */
import type { Lease } from '@spillway/contract'
import type { ReactElement } from 'react'
import { CopyButton } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { formatDuration } from '../../ui/format/time.ts'
import { Unit } from '../../ui/page.tsx'
import { KindWord, StateWord, type Tone } from '../../ui/state-word.tsx'
import { quoteWords } from './command-words.ts'

const HEALTH_TONES: Record<NonNullable<Lease['service']>['state'], Tone> = {
  starting: 'accent',
  healthy: 'good',
  unhealthy: 'bad',
}

export function leaseFacts(lease: Lease): (readonly [string, ReactElement | string])[] {
  const command = quoteWords(lease.command)
  return [
    ['Tier', <KindWord key="kind" kind={lease.kind} />],
    [
      'Command',
      <span key="command" className="flex items-start gap-1">
        <code className="min-w-0 wrap-anywhere">{command}</code>
        <CopyButton text={command} label="Copy the command" />
      </span>,
    ],
    ['Organization', lease.organization],
    ['Pool', lease.pool],
    ['Created', <Ago key="created" at={lease.createdAt} />],
    [
      'At most',
      lease.maxPriceUsdPerGpuHour === null ? (
        '—'
      ) : (
        <span key="max">
          <Money amount={lease.maxPriceUsdPerGpuHour} /> <Unit>per GPU-hour</Unit>
        </span>
      ),
    ],
    [
      'Notice',
      lease.kind === 'anchor'
        ? 'never reclaimed'
        : `${formatDuration(lease.noticeMs)}, ${lease.noticeSignal === 'none' ? 'no signal' : lease.noticeSignal}`,
    ],
    ...modeFacts(lease),
    ['Grace', formatDuration(lease.graceMs)],
    ['After a reclaim', lease.requeue === 'never' ? 'ends' : 'starts again when there is room'],
    ...(lease.exitCode === null && lease.exitSignal === null
      ? []
      : ([['Exit', <code key="exit">{lease.exitSignal ?? lease.exitCode}</code>]] as const)),
  ]
}

/** How a service is, and which variables are hidden. */
function modeFacts(lease: Lease): (readonly [string, ReactElement | string])[] {
  const { service, secretNames } = lease
  return [
    ...(service === null
      ? []
      : ([
          [
            'Service',
            <span key="service">
              <StateWord tone={HEALTH_TONES[service.state]}>{service.state}</StateWord>{' '}
              <span className="text-muted">at port {service.port}</span>
              {service.text !== '' && <span className="block text-muted">{service.text}</span>}
            </span>,
          ],
          [
            'Address',
            <span key="address" className="flex items-start gap-1">
              <code className="min-w-0 wrap-anywhere">{service.path}</code>
              <CopyButton text={`${location.origin}${service.path}`} label="Copy the address" />
            </span>,
          ],
        ] as const)),
    ...(secretNames.length === 0 ? [] : ([['Secrets', secretNames.join(', ')]] as const)),
  ]
}
