/** `/sign-in?next=/leases`: the only page for nobody in particular. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { rootRoute } from './root.tsx'

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: z.object({
    next: z.string().optional().catch(undefined),
    reason: z.enum(['link', 'expired']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('../features/session/sign-in-page.tsx'), 'SignInPage'),
})
