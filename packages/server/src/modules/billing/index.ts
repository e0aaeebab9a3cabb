/** Billing: organizations' credit, balances and usage, as buyers and the operator ask for them. */
export { billingRoutes, type BurnOf } from './routes.ts'
