/** Scaling: how many replicas each deployment has, by what they bid against what an hour of their GPUs sells for. */
export { bidsOfReplicas } from './bids-service.ts'
export { deleteOldHeld } from './held-store.ts'
export { LoadMeter } from './load-meter.ts'
export { scalingRoutes } from './routes.ts'
export { noteHeld, SCALING_PROGRAM, type ScalingDeps, stepScaling } from './service.ts'
export { deleteOldLooks } from './store.ts'
