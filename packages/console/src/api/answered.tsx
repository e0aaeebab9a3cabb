/** Shows an answer once it is there: an outline while it loads, the error and a retry when it failed. */
import { type ReactElement, type ReactNode, useState } from 'react'
import { ProblemPanel, TableSkeleton } from '../ui/notices.tsx'
import { explain } from './explain.ts'

/** What of a query this needs; plain and endless queries both have it. */
interface Asked<T> {
  readonly data: T | undefined
  readonly error: unknown
  readonly failureReason: unknown
  readonly errorUpdateCount: number
  readonly refetch: () => unknown
}

interface AnsweredProps<T> {
  readonly query: Asked<T>
  readonly skeleton?: ReactNode
  readonly children: (answer: T) => ReactNode
}

/** The error to show. It stays while the query is asked again, so that a page does not flicker between two states. */
function useLastingError(query: Asked<unknown>): unknown {
  const [last, setLast] = useState<unknown>(null)
  if (query.error !== null && query.error !== last) setLast(query.error)
  if (query.error !== null) return query.error
  return query.errorUpdateCount > 0 ? last : query.failureReason
}

/** An answer once shown stays, even while asking again fails: the live state in the top bar says so. */
export function Answered<T>({ query, skeleton, children }: AnsweredProps<T>): ReactElement {
  const error = useLastingError(query)
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (error !== null)
    return <ProblemPanel explanation={explain(error)} onRetry={() => void query.refetch()} />
  return <div aria-busy="true">{skeleton ?? <TableSkeleton />}</div>
}
