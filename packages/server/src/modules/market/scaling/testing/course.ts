/** A pool of leases and one deployment under a demand that is given hour by hour: what the decisions make of it. For tests. */
import { money, picos } from '#kernel/money.ts'
import type { Worth } from '../../clearing/benchmark.ts'
import {
  decideReplicas,
  type ReplicaDecision,
  type ScalingDeployment,
  type ScalingTerms,
} from '../decide.ts'
import { idleSince, type LoadSample } from '../demand.ts'

export const STEP_MS = 10_000
export const RULE = { shortMs: 30_000, longMs: 300_000, startAfterMs: 10_000 }
const KEPT = 180

export const TERMS: ScalingTerms = {
  policy: 'autoscale',
  replicasMin: 0,
  replicasMax: 6,
  idleMs: 300_000,
  steadyMs: 120_000,
  bandPpm: 100_000,
}

export function deployment(parts: Partial<ScalingDeployment> = {}): ScalingDeployment {
  return {
    ...{ id: 'dep', model: 'toy', terms: TERMS, replicasWanted: 1, requestsHeld: 0 },
    ...{ coldStartMs: null, stance: null, startedMs: null, drainedMs: null, idleSinceMs: null },
    ...{ samples: [], measure: { places: 4, tokensPerSecondBusy: 100 } },
    ...{ fullEarning: money('4'), energy: money('0.1') },
    ...parts,
  }
}

export function spot(gpus: number, usd: string): Worth {
  return { kind: 'spot', name: null, gpus, worth: money(usd) }
}

/** A sample of requests alone. */
export function sample(atMs: number, requests: number, replicasReady = 1): LoadSample {
  return { atMs, spanMs: STEP_MS, requests, tokensPerSecond: 0, replicasReady, isWhole: true }
}

export interface Moment {
  /** In replicas. */
  readonly demand: number
  readonly gpus: number
  readonly spotUsd: number
  readonly spotGpus: number
}

export interface Move {
  readonly atMs: number
  readonly decision: ReplicaDecision
}

/** What demand does to a deployment, step by step: it comes up at once, and what it earns is known from the beginning. */
export function follow(moments: readonly Moment[], terms: ScalingTerms): readonly Move[] {
  let state = deployment({ terms, replicasWanted: terms.replicasMin })
  const moves: Move[] = []
  moments.forEach(({ demand, gpus, spotUsd, spotGpus }, index) => {
    const nowMs = (index + 1) * STEP_MS
    const { places } = state.measure
    const taken = sample(nowMs, demand * places, state.replicasWanted)
    const sold = Math.min(spotGpus, Math.max(0, gpus - state.replicasWanted))
    const before = state.idleSinceMs
    state = {
      ...state,
      samples: [...state.samples, taken].slice(-KEPT),
      requestsHeld: state.replicasWanted === 0 ? Math.ceil(demand * places) : 0,
      idleSinceMs: idleSince(before, taken, state.replicasWanted),
    }
    const [decision] = decideReplicas({
      ...{ nowMs, rule: RULE, deployments: [state] },
      line: {
        worths:
          sold === 0
            ? []
            : [{ ...spot(sold, '0'), worth: picos(BigInt(spotUsd * 1000) * 1_000_000_000n) }],
        ...{ gpus, gpusFree: Math.max(0, gpus - state.replicasWanted - sold) },
        reserve: money('0.2'),
      },
    })
    if (decision === undefined) return
    const { from, to, stance } = decision
    if (from !== to) moves.push({ atMs: nowMs, decision })
    state = {
      ...state,
      ...{ replicasWanted: to, stance },
      startedMs: to > from ? nowMs : state.startedMs,
      drainedMs: to < from ? nowMs : state.drainedMs,
    }
  })
  return moves
}
