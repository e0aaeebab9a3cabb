/** Content: what of prompts and answers is kept, where somebody asked for it, and nothing else. */
export type { Claim, Claiming, KeptAnswer, Outcome } from './keyed-call.ts'
export { AnswerCache, type CachedAnswer } from './cache-service.ts'
export { deleteOldContent } from './policy-service.ts'
export {
  type CachePlan,
  canonical,
  canonicalRequest,
  isSteady,
  planCache,
  readCacheWish,
} from './cache-plan.ts'
export type { ContentPolicy } from './policy.ts'
export { selectPolicies as listContentPolicies } from './policy-store.ts'
export { contentRoutes } from './routes.ts'
export { ContentStore } from './stored-service.ts'
export { PolicyTable } from './policy-table-service.ts'
export {
  deleteOldKeyedCalls,
  KeyedCalls,
  type KeyedCallsDeps,
  settleKeyedOf,
} from './keyed-call-service.ts'
