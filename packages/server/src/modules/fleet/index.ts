/** The fleet: sites, pools, nodes, and the file that declares them. */
export {
  type FleetFile,
  type FleetFileFault,
  type FleetModel,
  type FleetPool,
  readFleetFile,
} from './fleet-file.ts'
export { replicasAtFirst, scalingOf } from './model-scaling.ts'
export { serverOf } from './model-server.ts'
export { nearest } from './nearest.ts'
export { policyOf } from './reclaim-policy.ts'
export { fleetRoutes } from './routes.ts'
export { applyInventory, recordNodeFact as tellNode } from './inventory-service.ts'
export {
  drainNode,
  enterCheckFaults,
  getNode,
  type NodeCommand,
  quarantineNode,
  resumeNode,
  retireNodeByOperator,
} from './node-service.ts'
export type { Node, NodeState, SlotFault } from './node-state.ts'
export {
  findReading,
  listFaults,
  listNodeFacts,
  listUnreachable,
  noteUnreachable,
} from './node-store.ts'
export { countNodeMakes, listNodeShapes, type NodeShape } from './shape-store.ts'
export { applyFleet } from './service.ts'
export {
  findPool,
  isAnyClosed,
  listNodes,
  listUnreadyNodes,
  listUntoldNodes,
  nodeNames,
  listNodeSpans,
  listPools,
  listSites,
  savePoolFinding,
  setDrainTold,
  type Pool,
  type Site,
} from './store.ts'
export { autoSlotCount, surveyFleet, surveyPool } from './survey.ts'
