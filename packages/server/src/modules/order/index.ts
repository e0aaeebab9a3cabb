/** Orders: what is wanted at which price, the windows that clear it, and the prices that come of it. */
export { type ClearingDeps, stepClearing } from './clearing-service.ts'
export { CLEARING_PROGRAM } from './record-service.ts'
export { headWaitsMs } from './store.ts'
export { offerRoutes } from './offer-routes.ts'
export { worthRoutes } from './worth-routes.ts'
export { stepTransfer, TRANSFER_PROGRAM, verifyTransfers } from './transfer-service.ts'
export { orderRoutes } from './routes.ts'
export { readHourLine } from './worth-service.ts'
