/** Everything behind the sign-in: makes sure of a session, then shows the frame. */
import { permits, type Permission } from '@spillway/contract'
import type { QueryClient } from '@tanstack/react-query'
import { createRoute, redirect } from '@tanstack/react-router'
import { isSignedOut } from '../api/client.ts'
import { sessionQuery } from '../features/session/session.ts'
import { Shell } from '../features/shell/shell.tsx'
import { NotFound, PageError, rootRoute } from './root.tsx'

async function requireSession(queryClient: QueryClient, href: string) {
  try {
    return await queryClient.ensureQueryData(sessionQuery)
  } catch (error) {
    if (!isSignedOut(error)) throw error
    throw redirect({ to: '/sign-in', search: href === '/' ? {} : { next: href } })
  }
}

export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  beforeLoad: async ({ context, location }) => ({
    session: await requireSession(context.queryClient, location.href),
  }),
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: PageError,
})

/** For `beforeLoad`: an operator's page is no page for others. */
export function requirePermission(
  role: 'operator' | 'member' | 'inference',
  permission: Permission,
): void {
  if (!permits(role, permission)) throw redirect({ to: '/' })
}
