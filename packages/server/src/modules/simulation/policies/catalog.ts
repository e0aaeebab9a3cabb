/** The policies that are compared, by name: the reference's ten, and the variations that show what a part is worth. */
import { futurePeaks } from '../demand/oracle.ts'
import type { Policy, PolicyMaker } from '../policy.ts'
import type { World } from '../world.ts'
import { bestFit, leastFragmentation } from './choice.ts'
import type { MarketRules } from './gang-reclaim.ts'
import { gfs, GUARANTEED_HOURS } from './gfs.ts'
import { allocatedQuota, estimatedReserve, staticQuota, weekPeakQuota } from './quota.ts'
import { firstNode, leastPreemptionCost, tightestNode, workerByWorker } from './reclaim.ts'
import { spillway } from './spillway.ts'

const BARE = { quota: null, reclaim: null, rounds: null, notice: null } as const

/** The published baseline: first come, first served, and the newest sold work on the first node goes. */
const yarn: Policy = {
  ...BARE,
  choose: bestFit,
  reclaim: workerByWorker(bestFit, { first: 'newest', cost: firstNode }),
}

function fragmentation(): Policy {
  return {
    ...BARE,
    quota: allocatedQuota(estimatedReserve(GUARANTEED_HOURS), { hasFeedback: false }),
    choose: leastFragmentation,
    reclaim: workerByWorker(leastFragmentation, { first: 'newest', cost: tightestNode }),
  }
}

function lyra(): Policy {
  return {
    ...BARE,
    quota: allocatedQuota(estimatedReserve(GUARANTEED_HOURS), { hasFeedback: false }),
    choose: bestFit,
    reclaim: workerByWorker(bestFit, { first: 'newest', cost: leastPreemptionCost }),
  }
}

const chronus: Policy = { ...yarn, rounds: { roundS: 300, leaseS: 1_200, overheadS: 120 } }

/** How far the bound looks ahead: as far as a guarantee reaches. */
const ORACLE_S = 2 * 3_600

function oracle(rules: MarketRules): Policy {
  let peaks: ((nowS: number) => number) | null = null
  const reserve = ({ workload, nowS, demand }: World) =>
    Math.max(demand.total, (peaks ??= futurePeaks(workload, ORACLE_S))(nowS))
  return spillway(rules, { reserve, hasFeedback: false })
}

function weekPeak(): (world: World) => number {
  let [hour, peak] = [-1, 0]
  return ({ demand: { hours, total } }) => {
    if (hours.length !== hour) [hour, peak] = [hours.length, Math.max(0, ...hours.slice(-168))]
    return Math.max(total, peak)
  }
}

/** The ten of the reference, P0 to P9. */
export const policiesBy = (rules: MarketRules): Readonly<Record<string, PolicyMaker>> => ({
  'P0 fifo': () => ({ ...BARE, choose: bestFit }),
  'P1 yarn-cs': () => yarn,
  'P2 static 10%': () => ({ ...yarn, quota: staticQuota(0.1) }),
  'P2 static 20%': () => ({ ...yarn, quota: staticQuota(0.2) }),
  'P2 static 30%': () => ({ ...yarn, quota: staticQuota(0.3) }),
  'P3 week peak': () => ({ ...yarn, quota: weekPeakQuota() }),
  'P4 fgd': fragmentation,
  'P5 lyra': lyra,
  'P6 chronus': () => chronus,
  'P7 gfs': () => gfs(),
  'P8 spillway': () => spillway(rules),
  'P9 oracle': () => oracle(rules),
})

/** What a part is worth: the same without it. */
export const ablationsBy = (rules: MarketRules): Readonly<Record<string, PolicyMaker>> => ({
  'P7 with week peak': () => gfs({ reserve: weekPeak() }),
  'P7 without feedback': () => gfs({ hasFeedback: false }),
  'P8 with week peak': () => spillway(rules, { reserve: weekPeak() }),
  'P8 without feedback': () => spillway(rules, { hasFeedback: false }),
  'P8 without whole nodes': () => spillway(rules, { keepsNodes: false }),
  'P8 without caution': () => spillway(rules, { isCautious: false }),
  'P8 without freeing ahead': () => spillway(rules, { freesAhead: false }),
  'P8 without notice': () => ({ ...spillway(rules), notice: null }),
})
