/** The operator's outlook: `/forecast?pool=&team=&horizon=&range=`, `/plan`, `/plan/new` and `/plan/$simulationId?variant=&pool=&figures=`. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { appRoute, requirePermission } from './app.tsx'
import { optionalText, tableSearch } from './search.ts'

const view = z.enum(['table']).optional().catch(undefined)

export const forecastRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/forecast',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'forecast.read'),
  validateSearch: z.object({
    pool: optionalText,
    team: optionalText,
    horizon: z.number().int().positive().optional().catch(undefined),
    range: z.enum(['24h', '7d', '31d']).optional().catch(undefined),
    view,
  }),
  component: lazyRouteComponent(
    () => import('../features/forecast/forecast-page.tsx'),
    'ForecastPage',
  ),
})

export const plansRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/plan',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'simulation.list'),
  validateSearch: z.object(tableSearch),
  component: lazyRouteComponent(() => import('../features/plan/plans-page.tsx'), 'PlansPage'),
})

export const newPlanRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/plan/new',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'simulation.create'),
  component: lazyRouteComponent(() => import('../features/plan/new-plan-page.tsx'), 'NewPlanPage'),
})

export const planRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/plan/$simulationId',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'simulation.list'),
  validateSearch: z.object({
    ...tableSearch,
    view,
    variant: optionalText,
    pool: optionalText,
    figures: z.enum(['difference']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('../features/plan/plan-page.tsx'), 'PlanPage'),
})
