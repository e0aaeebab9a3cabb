/** The owner's books: what the fleet earned, what it cost, what is left. */
export {
  accountOfPool,
  marginalCostOf,
  type PoolAccount,
  type PoolCosts,
  type SlotTimeSplit,
} from './books.ts'
export { economicsRoutes, type PoolOfModel } from './routes.ts'
