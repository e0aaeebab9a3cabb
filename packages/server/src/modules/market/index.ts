/** The market: decides on a snapshot who is placed, who gives way, who waits; and what GPU time costs. */
export { type Booked, bookedWithin } from './booked.ts'
export { type AnchorDemand, type DemandSample, isNewDemand } from './demand.ts'
export { anchorRoutes } from './demand-routes.ts'
export { deleteOldDemand, latestDemand, saveDemand } from './demand-store.ts'
export { type DemandSpan, growthWithin, sampleDemand } from './outlook.ts'
export type { Shrink } from './keeping.ts'
export { decide, decideByRoom, inOrder, isTooDear, keptSoon, type Outcome } from './plan.ts'
export { estimateStarts, type StartEstimate, UNKNOWN } from './start/estimate.ts'
export type { LineInput, LineRun, LineWork } from './start/line.ts'
export {
  auctionSku,
  blockSku,
  cancelledBlockSku,
  getGpuPrice,
  gpuSku,
  inBlockSku,
  TIERS,
} from './prices.ts'
export { type PlaceInOrder, reclaimOrder } from './reclaim-order.ts'
export { marketRoutes } from './routes.ts'
export type {
  Decision,
  ForeseenPeaks,
  Holder,
  LeaseKind,
  NodeSlots,
  Snapshot,
  SnapshotNode,
  SnapshotPool,
  Want,
} from './snapshot.ts'
export { benchmarkOf, type Worth } from './clearing/benchmark.ts'
export { type Earned, fullEarning } from './scaling/bid.ts'
export {
  decideReplicas,
  type ReplicaDecision,
  type ScalingDeployment,
  type ScalingLine,
  type ScalingRule,
  type ScalingTerms,
  type Stance,
} from './scaling/decide.ts'
export { demandOf, idleSince, type LoadSample } from './scaling/demand.ts'
export type { Why } from './scaling/words.ts'
export { transferPrice } from './clearing/transfer.ts'
export { type Bid, findBidFaults } from './clearing/bid.ts'
export { clearWindow, type Refusal, type Window } from './clearing/auction.ts'
export { type ClearingLog, logOf, verifyClearing } from './clearing/log.ts'
export { type FreeNode, TightPlacer, type TightRoom } from './clearing/placer.ts'
export { type ClearingRule, depthOf, reserveOf } from './clearing/rule.ts'
export { Chooser, type Rate, type Rating } from './placement/chooser.ts'
export { FloorPlan } from './placement/floor-plan.ts'
export { Fragmentation } from './placement/fragment.ts'
export {
  after,
  cardsFor,
  fits,
  isShare,
  type NodeState,
  nodeState,
} from './placement/node-state.ts'
export { Placer } from './placement/placer.ts'
export { gpuMilliOf, type Shape, type Typical, typicalOf } from './placement/shape.ts'
export { chooseVictims, inOrderOfGivingWay, type Victim, type VictimPlan } from './victims.ts'
export { type Distribution, quantileOf } from './forecast/distribution.ts'
export { type DemandSeries, peakAfter } from './forecast/series.ts'
export { calibratedQuantile } from './forecast/calibration.ts'
export { HourlyDesk, type HourlyForecast, type Kept } from './surplus/hourly-desk.ts'
export { placeableOf } from './surplus/placeable.ts'
export { nextEta, surplusOf, type TierSurplus } from './surplus/tiers.ts'
export { DESK, type DeskHour, type DeskSettings, runDesk } from './surplus/desk.ts'
export { forecastRoutes } from './forecast-routes.ts'
export type { LimitedWork } from './ends-service.ts'
export { foreseenPeaks, listLiveForecasts } from './foreseen-service.ts'
export type { SoldPromise } from './surplus/promise.ts'
export { type Sale, SaleRoom, type Sold } from './surplus/sale-room.ts'
export { type PoolSurplus, readSurplus } from './surplus-service.ts'
export { createForecasting, FORECAST_PROGRAM, HORIZONS } from './forecast-service.ts'
