/** Routing: who answers for a model, in which order and under which conditions, and what projects allow. */
export { noteBreaker } from './breaker-service.ts'
export { routingRoutes } from './routes.ts'
export { loadRouting } from './table-service.ts'
