/** The whole URL tree in one place, and the router over it. */
import type { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import {
  batchesRoute,
  budgetsRoute,
  rateLimitsRoute,
  contentRoute,
  guardrailsRoute,
  keysRoute,
  outcomesRoute,
  quotasRoute,
  requestsRoute,
  usageRoute,
  webhookRoute,
  webhooksRoute,
} from './account.ts'
import { appRoute } from './app.tsx'
import { blocksRoute, newBlockRoute } from './blocks.ts'
import { leaseRoute, leasesRoute, newLeaseRoute } from './leases.ts'
import { clearingRoute, marketRoute, newOrderRoute, offersRoute, ordersRoute } from './market.ts'
import {
  compareRoute,
  documentationRoute,
  modelRoute,
  modelsRoute,
  playgroundRoute,
} from './models.ts'
import {
  auditRoute,
  booksRoute,
  deploymentRoute,
  deploymentsRoute,
  fleetRoute,
  nodeRoute,
  organizationsRoute,
  routeRoute,
  routesRoute,
} from './operator.ts'
import { overviewRoute } from './overview.ts'
import { forecastRoute, newPlanRoute, planRoute, plansRoute } from './plan.ts'
import { reclaimsRoute } from './reclaims.ts'
import { rootRoute } from './root.tsx'
import { signInRoute } from './sign-in.ts'

const routeTree = rootRoute.addChildren([
  signInRoute,
  appRoute.addChildren([
    overviewRoute,
    modelsRoute,
    compareRoute,
    documentationRoute,
    modelRoute,
    playgroundRoute,
    batchesRoute,
    leasesRoute,
    newLeaseRoute,
    leaseRoute,
    reclaimsRoute,
    marketRoute,
    offersRoute,
    clearingRoute,
    ordersRoute,
    newOrderRoute,
    blocksRoute,
    newBlockRoute,
    contentRoute,
    guardrailsRoute,
    quotasRoute,
    budgetsRoute,
    rateLimitsRoute,
    requestsRoute,
    usageRoute,
    outcomesRoute,
    keysRoute,
    webhooksRoute,
    webhookRoute,
    fleetRoute,
    nodeRoute,
    forecastRoute,
    plansRoute,
    newPlanRoute,
    planRoute,
    booksRoute,
    organizationsRoute,
    deploymentRoute,
    deploymentsRoute,
    routesRoute,
    routeRoute,
    auditRoute,
  ]),
])

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
