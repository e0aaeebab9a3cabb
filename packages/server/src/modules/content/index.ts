/** Content: what of prompts and answers is kept, where somebody asked for it, and nothing else. */
export type { Claim, Claiming, KeptAnswer, Outcome } from './keyed-call.ts'
export {
  deleteOldKeyedCalls,
  KeyedCalls,
  type KeyedCallsDeps,
  settleKeyedOf,
} from './keyed-call-service.ts'
