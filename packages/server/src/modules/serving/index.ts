/** Serving: which models are deployed where, their replicas as leases, and who answers for a model now. */
export { type ModelServer, readActivity, renderServerCommand } from './model-server.ts'
export { type Health, type Load, SERVES_TEXT } from './replica.ts'
export { coldStartsByDeployment, listStarts } from './start-store.ts'
export { renderDeployment } from './view-service.ts'
export { servingRoutes, type ServingRouteDeps } from './routes.ts'
export { declareModel, type ModelDeclaration } from './model-service.ts'
export { listRoutes, type ServedRoute } from './route-service.ts'
export { declareReplicaDeployments, poolsOfModels, type ReplicaDeployment } from './service.ts'
export { upstreamRoutes } from './upstream-routes.ts'
export { openUpstreamCredential } from './upstream-service.ts'
export { listUpstreams } from './upstream-store.ts'
export {
  DEPLOYMENT_PROGRAM,
  type LoadReading,
  type ServingDeps,
  stepDeployment,
  type Weights,
} from './steps.ts'
export { type Deployment, listDeployments, listReplicas } from './store.ts'
export { fixedTerms, type ScalingTerms } from './terms.ts'
export { setReplicasWanted } from './terms-service.ts'
