/** Rate limits: requests and tokens a minute, and requests at once. */
export {
  type RateKey,
  type RateKind,
  type RateLimit,
  ratesInForce,
  type RateUse,
  shareOf,
} from './rate.ts'
export { rateRoutes } from './routes.ts'
export { setRateLimit } from './service.ts'
export {
  keepSlots,
  removeSlotsOf,
  removeWindowsBefore,
  selectLimits as listRateLimits,
  takeShare,
  takeSlots,
} from './store.ts'
