/** The operator's pages: `/fleet`, `/books`, `/organizations`, `/deployments`, `/routes`, `/audit`. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { appRoute, requirePermission } from './app.tsx'
import { optionalText, tableSearch } from './search.ts'

export const fleetRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/fleet',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'fleet.read'),
  validateSearch: z.object({
    ...tableSearch,
    kinds: optionalText,
    /** Words that a node, or what is on it, must have. */
    q: optionalText,
    only: z.enum(['faulty', 'down', 'draining', 'free']).optional().catch(undefined),
    colour: z.enum(['kind', 'health', 'use', 'organization']).optional().catch(undefined),
    view: z.enum(['table']).optional().catch(undefined),
    /** The selected node. */
    node: optionalText,
  }),
  component: lazyRouteComponent(() => import('../features/fleet/fleet-page.tsx'), 'FleetPage'),
})

export const nodeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/fleet/nodes/$nodeId',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'node.list'),
  component: lazyRouteComponent(() => import('../features/fleet/node/node-page.tsx'), 'NodePage'),
})

export const booksRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/books',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'books.read'),
  validateSearch: z.object({
    ...tableSearch,
    range: z.enum(['24h', '7d', 'month']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('../features/books/books-page.tsx'), 'BooksPage'),
})

export const organizationsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/organizations',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'organization.list'),
  validateSearch: z.object(tableSearch),
  component: lazyRouteComponent(
    () => import('../features/organizations/organizations-page.tsx'),
    'OrganizationsPage',
  ),
})

export const deploymentsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/deployments',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'deployment.list'),
  component: lazyRouteComponent(
    () => import('../features/deployments/deployments-page.tsx'),
    'DeploymentsPage',
  ),
})

export const deploymentRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/deployments/$deploymentId',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'deployment.list'),
  validateSearch: z.object({
    ...tableSearch,
    range: z.enum(['1h', '6h', '24h', '7d']).optional().catch(undefined),
    view: z.enum(['table']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    () => import('../features/deployments/deployment-page.tsx'),
    'DeploymentPage',
  ),
})

export const routesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/routes',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'route.read'),
  component: lazyRouteComponent(() => import('../features/routing/routes-page.tsx'), 'RoutesPage'),
})

export const routeRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/routes/$modelId',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'route.read'),
  component: lazyRouteComponent(() => import('../features/routing/route-page.tsx'), 'RoutePage'),
})

export const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/audit',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'audit.list'),
  validateSearch: z.object({
    ...tableSearch,
    only: z.enum(['changes']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('../features/audit/audit-page.tsx'), 'AuditPage'),
})
