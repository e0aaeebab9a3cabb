/** Serving: which models are deployed where, their replicas as leases, and who answers for a model now. */
export { SERVES_TEXT } from './replica.ts'
export { servingRoutes, type ServingRouteDeps } from './routes.ts'
export {
  declareModel,
  declareReplicaDeployments,
  listRoutes,
  poolsOfModels,
  type ModelDeclaration,
  type ReplicaDeployment,
  type ServedRoute,
} from './service.ts'
export { DEPLOYMENT_PROGRAM, type ServingDeps, stepDeployment, type Weights } from './steps.ts'
export { type Deployment, listDeployments, listReplicas } from './store.ts'
