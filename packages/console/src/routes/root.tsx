/** The root of the URL tree: what every address shares, and what a wrong one shows. */
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  type ErrorComponentProps,
  Link,
  Outlet,
} from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { explain } from '../api/explain.ts'
import { buttonClass } from '../ui/button.tsx'
import { Empty, ProblemPanel } from '../ui/notices.tsx'

export interface RouterContext {
  readonly queryClient: QueryClient
}

export function NotFound(): ReactElement {
  return (
    <div className="p-4">
      <h1 className="mb-3 text-18 font-bold">No such page</h1>
      <Empty
        action={
          <Link to="/" className={buttonClass('plain')}>
            Go to the overview
          </Link>
        }
      >
        Nothing lives at this address. It may have been mistyped, or what it showed was removed.
      </Empty>
    </div>
  )
}

export function PageError({ error, reset }: ErrorComponentProps): ReactElement {
  return (
    <div className="p-4">
      <ProblemPanel explanation={explain(error)} onRetry={reset} />
    </div>
  )
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: PageError,
})
