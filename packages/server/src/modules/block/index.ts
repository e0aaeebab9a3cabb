/** Reserved blocks: GPUs from one hour to another, bought beforehand, kept, and paid for whether used or not. */
export { askBlock } from './lease-service.ts'
export { blockRoutes } from './routes.ts'
export { stepBlock } from './steps.ts'
export { verifyBlocks } from './verification-service.ts'
