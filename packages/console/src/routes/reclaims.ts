/** `/reclaims?tier=&pool=&lease=&state=&reclaim=`: the log, and the reclaim that is open beside it. */
import { Tier } from '@spillway/contract'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { appRoute, requirePermission } from './app.tsx'
import { optionalText, tableSearch } from './search.ts'

export const reclaimsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/reclaims',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'reclaim.list'),
  validateSearch: z.object({
    ...tableSearch,
    tier: Tier.optional().catch(undefined),
    pool: optionalText,
    lease: optionalText,
    state: z.enum(['open']).optional().catch(undefined),
    reclaim: optionalText,
  }),
  component: lazyRouteComponent(
    () => import('../features/reclaims/reclaims-page.tsx'),
    'ReclaimsPage',
  ),
})
