/** Weights: from what a fleet file says to a checked model file on this disk. */
export {
  type Progress,
  type ReadyWeights,
  type WeightsFailure,
  type WeightsOutcome,
  renderProgress,
} from './outcome.ts'
export { type WeightsPlaces, type WeightsWish, resolveWeights } from './resolve.ts'
