/** Shows an answer once it is there: an outline while it loads, the error and a retry when it failed. */
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { ProblemPanel, TableSkeleton } from '../ui/notices.tsx'
import { explain } from './explain.ts'

interface AnsweredProps<T> {
  readonly query: UseQueryResult<T>
  readonly skeleton?: ReactNode
  readonly children: (answer: T) => ReactNode
}

/** An answer once shown stays, even while asking again fails: the live state in the top bar says so. */
export function Answered<T>({ query, skeleton, children }: AnsweredProps<T>): ReactElement {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.isError)
    return <ProblemPanel explanation={explain(query.error)} onRetry={() => void query.refetch()} />
  return <div aria-busy="true">{skeleton ?? <TableSkeleton />}</div>
}
