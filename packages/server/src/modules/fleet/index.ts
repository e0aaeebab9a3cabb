/** The fleet: sites, pools, nodes, and the file that declares them. */
export {
  type FleetFile,
  type FleetFileFault,
  type FleetModel,
  type FleetPool,
  readFleetFile,
} from './fleet-file.ts'
export { nearest } from './nearest.ts'
export { fleetRoutes } from './routes.ts'
export { applyFleet } from './service.ts'
export {
  findPool,
  listNodes,
  listNodeSpans,
  listPools,
  listSites,
  type Node,
  type Pool,
  type Site,
} from './store.ts'
export { surveyFleet } from './survey.ts'
