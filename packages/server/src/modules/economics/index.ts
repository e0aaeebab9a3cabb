/** The owner's books: what the fleet earned, what it cost, what is left. */
export { marginalCostOf } from './books.ts'
export { economicsRoutes, type PoolOfModel } from './routes.ts'
