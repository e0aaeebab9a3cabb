/** The chain of a reclaim: what has happened, when, and how long each link took. Pure. */
import type { Reclaim } from '@spillway/contract'
import { parsePicos } from '../../ui/format/money.ts'

export type LinkState = 'done' | 'due' | 'skipped' | 'open'

export interface Link {
  readonly id: 'decided' | 'notice' | 'stop' | 'gone' | 'credit'
  readonly word: string
  readonly state: LinkState
  readonly at: string | null
  /** Since the link before it; null where one of the two is not known. */
  readonly tookMs: number | null
  /** What is known beside the instant. */
  readonly text: string
}

/** The last word of each host: a delivery that failed may have come through after all. */
function webhookWords({ webhooks }: Reclaim['notice']): readonly string[] {
  const last = new Map(webhooks.map(({ host, isDelivered }) => [host, isDelivered]))
  return [...last].map(
    ([host, isDelivered]) => `webhook ${host}${isDelivered ? '' : ' was not reached'}`,
  )
}

function noticeWords({ notice, stopAt, cause }: Reclaim): string {
  if (notice.deliveredAt === null) {
    if (stopAt === null || cause === 'engine') return 'no notice was possible'
    return 'not delivered yet'
  }
  const ways = [
    ...(notice.document ? ['metadata document'] : []),
    ...(notice.signal ? ['signal'] : []),
  ]
  const own = ways.length === 0 ? 'delivered' : `by ${ways.join(' and ')}`
  return [own, ...webhookWords(notice)].join('; ')
}

function noticeState({ notice, stopAskedAt, goneAt }: Reclaim): LinkState {
  if (notice.deliveredAt !== null) return 'done'
  return stopAskedAt !== null || goneAt !== null ? 'skipped' : 'open'
}

function stopState({ stopAskedAt, stopAt, goneAt }: Reclaim): LinkState {
  if (stopAskedAt !== null) return 'done'
  if (goneAt !== null) return 'skipped'
  return stopAt === null ? 'open' : 'due'
}

function creditState({ compensationUsd }: Reclaim): LinkState {
  if (compensationUsd === null) return 'open'
  return parsePicos(compensationUsd) === 0n ? 'skipped' : 'done'
}

type Untimed = Omit<Link, 'tookMs'>

function linksOf(reclaim: Reclaim): readonly Untimed[] {
  const { goneAt, compensationText, compensationUsd } = reclaim
  return [
    { id: 'decided', word: 'decided', state: 'done', at: reclaim.decidedAt, text: reclaim.text },
    {
      ...{ id: 'notice', word: 'notice', state: noticeState(reclaim) },
      ...{ at: reclaim.notice.deliveredAt, text: noticeWords(reclaim) },
    },
    {
      ...{ id: 'stop', word: 'asked to stop', state: stopState(reclaim) },
      at: reclaim.stopAskedAt,
      text: reclaim.stopAskedAt === null && goneAt !== null ? 'it ended by itself' : '',
    },
    {
      ...{ id: 'gone', word: 'confirmed gone', state: goneAt === null ? 'open' : 'done' },
      ...{
        at: goneAt,
        text: goneAt === null ? 'its slots stay claimed' : 'slots free, bill closed',
      },
    },
    {
      ...{ id: 'credit', word: 'credit', state: creditState(reclaim) },
      at: compensationUsd === null ? null : goneAt,
      text: compensationText ?? '',
    },
  ]
}

export function chainOf(reclaim: Reclaim): readonly Link[] {
  let before: string | null = null
  return linksOf(reclaim).map((link): Link => {
    const tookMs =
      link.at === null || before === null ? null : Date.parse(link.at) - Date.parse(before)
    before = link.at ?? before
    return { ...link, tookMs }
  })
}

/** Whether something is still to come. */
export function isOpen(reclaim: Reclaim): boolean {
  return reclaim.goneAt === null || reclaim.compensationUsd === null
}
