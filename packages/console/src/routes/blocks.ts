/** `/blocks?state=&block=` and `/blocks/new?gpus=&nodes=&pool=&from=&hours=`. */
import { BlockState } from '@spillway/contract'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { appRoute, requirePermission } from './app.tsx'
import { optionalText, searchWord, tableSearch } from './search.ts'

export const blocksRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/blocks',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'order.list'),
  validateSearch: z.object({
    ...tableSearch,
    state: BlockState.optional().catch(undefined),
    /** The block that is open beside the list. */
    block: optionalText,
  }),
  component: lazyRouteComponent(() => import('../features/blocks/blocks-page.tsx'), 'BlocksPage'),
})

export const newBlockRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/blocks/new',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'order.create'),
  validateSearch: z.object({
    gpus: searchWord,
    nodes: searchWord,
    pool: optionalText,
    from: optionalText,
    hours: searchWord,
  }),
  component: lazyRouteComponent(
    () => import('../features/blocks/buy-block-page.tsx'),
    'BuyBlockPage',
  ),
})
