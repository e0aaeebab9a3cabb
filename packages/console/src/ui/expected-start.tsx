/** When something that waits is likely to start, as a sentence; says so where that is not known. */
import type { ExpectedStart } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Ago } from './figures.tsx'

/** By when it has started nine times in ten, for a list. */
export function ExpectedStartBy({ start }: { start: ExpectedStart | null }): ReactElement {
  if (start === null) return <span className="text-muted">—</span>
  if (start.p90At === null) return <span className="text-muted">not known</span>
  return <Ago at={start.p90At} />
}

export function ExpectedStartWords({ start }: { start: ExpectedStart }): ReactElement {
  const { p50At, p90At } = start
  if (p50At === null && p90At === null) return <>not known: nothing tells when room comes</>
  return (
    <>
      {p50At !== null && (
        <>
          about <Ago at={p50At} />,{' '}
        </>
      )}
      {p90At === null ? (
        'how late at most is not known'
      ) : (
        <>
          nine in ten <Ago at={p90At} />
        </>
      )}
    </>
  )
}
