/** What the comparison is judged by: the gate that ours must pass, and the published goals. */
import type { Figure } from '../run/result.ts'
import { ANCHOR, estimateOf, type Outcomes, SPOT } from './measure.ts'

const OURS = 'P8 spillway'
const GFS = 'P7 gfs'
const ORACLE = 'P9 oracle'
const FIFO = 'P0 fifo'
const YARN = 'P1 yarn-cs'
/** The published baselines, whose mean the goals speak of. */
const BASELINES = [YARN, 'P4 fgd', 'P5 lyra', 'P6 chronus']

const at_most = (value: number) => ({ kind: 'at_most', value }) as const
const at_least = (value: number) => ({ kind: 'at_least', value }) as const

function ratio(top: number, bottom: number): number {
  if (bottom === 0) return top === 0 ? 1 : Infinity
  return top / bottom
}

class Judge {
  readonly #name: string
  readonly #outcomes: Outcomes

  constructor(name: string, outcomes: Outcomes) {
    this.#name = name
    this.#outcomes = outcomes
  }

  spot(policy: string, measure: string): number {
    return estimateOf(this.#outcomes[policy], SPOT[measure] ?? (() => Number.NaN)).mean
  }

  anchor(policy: string, measure: string): number {
    return estimateOf(this.#outcomes[policy], ANCHOR[measure] ?? (() => Number.NaN)).mean
  }

  figure(
    name: string,
    value: number,
    more: { unit?: string; target: NonNullable<Figure['target']> },
  ): Figure {
    return { name: `${this.#name}: ${name}`, value, unit: 'times', ...more }
  }

  againstBaselines(measure: string): number {
    const mean =
      BASELINES.reduce((sum, each) => sum + this.spot(each, measure), 0) / BASELINES.length
    return ratio(this.spot(OURS, measure), mean)
  }

  againstGfs(measure: string): number {
    return ratio(this.spot(OURS, measure), this.spot(GFS, measure))
  }

  /** Against the best of all but the bound. */
  againstBest(measure: string): number {
    const others = Object.keys(this.#outcomes).filter(
      (each) => each !== OURS && each !== ORACLE && each.startsWith('P') && !each.includes(' with'),
    )
    return ratio(
      this.spot(OURS, measure),
      Math.max(...others.map((each) => this.spot(each, measure))),
    )
  }
}

export function judge(name: string, outcomes: Outcomes): readonly Figure[] {
  const of = new Judge(name, outcomes)
  const p99 = 'completion_s_p99'
  return [
    of.figure('gate, anchor work evicted', of.anchor(OURS, 'evictions'), {
      ...{ unit: 'runs', target: at_most(0) },
    }),
    of.figure(
      'gate, anchor P99 completion against YARN-CS-like',
      ratio(of.anchor(OURS, p99), of.anchor(YARN, p99)),
      {
        target: at_most(1.01),
      },
    ),
    of.figure('gate, guarantees kept', 1 - of.spot(OURS, 'guarantee_failure_rate'), {
      ...{ unit: 'of runs', target: at_least(0.9) },
    }),
    of.figure(
      'gate, allocation against FIFO',
      ratio(of.anchor(OURS, 'allocation'), of.anchor(FIFO, 'allocation')),
      {
        target: at_least(1),
      },
    ),
    of.figure(
      'spot queueing against the mean of the baselines',
      of.againstBaselines('queueing_s_mean'),
      {
        target: at_most(0.559),
      },
    ),
    of.figure(
      'spot evictions against the mean of the baselines',
      of.againstBaselines('evictions_per_run'),
      {
        target: at_most(0.67),
      },
    ),
    of.figure('spot queueing against GFS as described', of.againstGfs('queueing_s_mean'), {
      target: at_most(1),
    }),
    of.figure('spot evictions against GFS as described', of.againstGfs('evictions_per_run'), {
      target: at_most(1),
    }),
    of.figure('revenue against the best but the oracle', of.againstBest('revenue_usd'), {
      target: at_least(1),
    }),
  ]
}

/** That each part is worth something: without it, ours waits or is evicted more. */
export function ablationNotes(name: string, outcomes: Outcomes): readonly string[] {
  const of = new Judge(name, outcomes)
  return Object.keys(outcomes)
    .filter((policy) => policy.includes(' with'))
    .map((policy) => {
      const seconds = of.spot(policy, 'queueing_s_mean').toFixed(0)
      const evicted = (100 * of.spot(policy, 'evictions_per_run')).toFixed(2)
      return `${name}: ${policy}: spot queueing ${seconds} s, evictions ${evicted} % of runs.`
    })
}
