/** Budgets: the most money that may be spent on models in a period, leased to gateways. */
export {
  type Budget,
  type BudgetKey,
  inForce as budgetsInForce,
  keyOf as budgetKeyOf,
  periodOf as budgetPeriodOf,
} from './budget.ts'
export { availableOf, openLease, raiseLease } from './lease-service.ts'
export { setBudget } from './change-service.ts'
export { budgetRoutes } from './routes.ts'
export { budgetsSetAside } from './settle-service.ts'
export { selectBudgets as listBudgets } from './store.ts'
