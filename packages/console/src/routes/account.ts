/** `/batches`, `/quotas`, `/budgets`, `/rate-limits`, `/data`, `/requests?status=4xx`, `/usage?range=24h`, `/outcomes`, `/keys` and `/webhooks`: what an organization may hold and spends, who may, and who is told. */
import { RequestOutcome } from '@spillway/contract'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { chartSearch, optionalText, searchWord, tableSearch } from './search.ts'

export const quotasRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/quotas',
  validateSearch: z.object(tableSearch),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listQuotas'))
  },
  component: lazyRouteComponent(() => import('../features/quotas/quotas-page.tsx'), 'QuotasPage'),
})

export const rateLimitsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/rate-limits',
  validateSearch: z.object(tableSearch),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listRateLimits'))
  },
  component: lazyRouteComponent(
    () => import('../features/rate-limits/rate-limits-page.tsx'),
    'RateLimitsPage',
  ),
})

export const batchesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/batches',
  validateSearch: z.object(tableSearch),
  component: lazyRouteComponent(
    () => import('../features/batches/batches-page.tsx'),
    'BatchesPage',
  ),
})

export const budgetsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/budgets',
  validateSearch: z.object(tableSearch),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listBudgets'))
  },
  component: lazyRouteComponent(
    () => import('../features/budgets/budgets-page.tsx'),
    'BudgetsPage',
  ),
})

export const guardrailsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/guardrails',
  validateSearch: z.object(tableSearch),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listGuardrails'))
  },
  component: lazyRouteComponent(
    () => import('../features/guardrails/guardrails-page.tsx'),
    'GuardrailsPage',
  ),
})

export const contentRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/data',
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listContentPolicies'))
  },
  component: lazyRouteComponent(
    () => import('../features/content/content-page.tsx'),
    'ContentPage',
  ),
})

export const requestsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/requests',
  validateSearch: z.object({
    ...tableSearch,
    model: searchWord,
    user: searchWord,
    key: optionalText,
    status: searchWord,
    outcome: RequestOutcome.optional().catch(undefined),
    slow: searchWord,
    costly: searchWord,
    request: searchWord,
  }),
  component: lazyRouteComponent(
    () => import('../features/requests/requests-page.tsx'),
    'RequestsPage',
  ),
})

export const usageRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/usage',
  validateSearch: z.object({
    ...chartSearch,
    ...tableSearch,
    range: z.enum(['24h', '7d', 'month']).optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('getBalance'))
  },
  component: lazyRouteComponent(() => import('../features/usage/usage-page.tsx'), 'UsagePage'),
})

export const outcomesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/outcomes',
  validateSearch: z.object({
    ...tableSearch,
    range: z.enum(['24h', '7d', 'month']).optional().catch(undefined),
    by: z.enum(['route', 'model']).optional().catch(undefined),
    task: searchWord,
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listOutcomes', { query: { limit: 20 } }))
  },
  component: lazyRouteComponent(
    () => import('../features/outcomes/outcomes-page.tsx'),
    'OutcomesPage',
  ),
})

export const keysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/keys',
  validateSearch: z.object({
    ...tableSearch,
    show: z.enum(['revoked']).optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listApiKeys'))
  },
  component: lazyRouteComponent(() => import('../features/keys/keys-page.tsx'), 'KeysPage'),
})

export const webhooksRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/webhooks',
  validateSearch: z.object(tableSearch),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listWebhooks'))
  },
  component: lazyRouteComponent(
    () => import('../features/webhooks/webhooks-page.tsx'),
    'WebhooksPage',
  ),
})

export const webhookRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/webhooks/$webhookId',
  validateSearch: z.object({
    ...tableSearch,
    state: z.enum(['pending', 'delivered', 'failed']).optional().catch(undefined),
  }),
  loader: ({ context, params }) => {
    const input = { params: { id: params.webhookId } }
    void context.queryClient.prefetchQuery(apiQuery('getWebhook', input))
  },
  component: lazyRouteComponent(
    () => import('../features/webhooks/webhook-page.tsx'),
    'WebhookPage',
  ),
})
