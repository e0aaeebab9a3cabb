/** The chain of a reclaim in one line: a dot a link, and between them how long it took. */
import type { Reclaim } from '@spillway/contract'
import type { ReactElement } from 'react'
import { exactInstant, formatDuration } from '../../ui/format/time.ts'
import { chainOf, type Link, type LinkState } from './chain.ts'

const DOTS: Record<LinkState, string> = {
  done: 'border-accent bg-accent',
  due: 'border-warn bg-bg',
  open: 'border-line-strong bg-bg',
  skipped: 'border-line-strong bg-line-strong',
}

const STATE_WORDS: Record<LinkState, string> = {
  done: '',
  due: ', due',
  open: ', not yet',
  skipped: ', passed over',
}

function linkTitle({ word, state, at, text }: Link): string {
  const when = at === null ? '' : ` ${exactInstant(at)}`
  return `${word}${STATE_WORDS[state]}${when}${text === '' ? '' : `: ${text}`}`
}

export function ReclaimChain({ reclaim }: { reclaim: Reclaim }): ReactElement {
  return (
    <ol className="inline-flex items-center align-middle">
      {chainOf(reclaim).map((link, index) => (
        <li key={link.id} className="inline-flex items-center" title={linkTitle(link)}>
          {index > 0 && (
            <span
              className={`num inline-flex h-4 w-[62px] items-center justify-center border-line-strong text-12 text-muted ${link.at === null ? 'before:border-dashed' : ''} before:h-0 before:flex-1 before:border-t before:border-line-strong after:h-0 after:flex-1 after:border-t after:border-line-strong`}
            >
              {link.tookMs !== null && <span className="px-1">{formatDuration(link.tookMs)}</span>}
            </span>
          )}
          <span className="sr-only">{linkTitle(link)}</span>
          <span
            aria-hidden="true"
            className={`size-[9px] shrink-0 rounded-full border-[1.5px] ${DOTS[link.state]}`}
          />
        </li>
      ))}
    </ol>
  )
}
