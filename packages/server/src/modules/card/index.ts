/** Cards: all that is known of a model, put together; what gateways measured; and the telling of what goes. */
export { addMeasures, deleteOldMeasures } from './measure-store.ts'
export type { MeasuredModel } from './measure.ts'
export { RETIREMENT_PROGRAM, stepRetirements, wakeRetirements } from './retirement-steps.ts'
export { cardRoutes } from './routes.ts'
