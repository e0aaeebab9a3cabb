/** The owner's demand as it will be: no policy can know it. The bound that others are compared with. */
import { gpusOf, type Workload } from '../job.ts'

const STEP_S = 300

/** The greatest demand of each step, from the start of the window until the last anchor job ends by itself. */
function demandBySteps({ jobs, windowS }: Workload): readonly number[] {
  const steps = Math.ceil(windowS / STEP_S)
  const changes = jobs
    .filter(({ kind }) => kind === 'anchor')
    .flatMap((job) => [
      { atS: Math.max(0, job.submitS), gpus: gpusOf(job) },
      { atS: Math.max(0, job.submitS) + job.durationS, gpus: -gpusOf(job) },
    ])
    .toSorted((a, b) => a.atS - b.atS || a.gpus - b.gpus)
  const greatest: number[] = []
  let [now, next] = [0, 0]
  for (let step = 0; step < steps; step++) {
    let most = now
    for (
      let change = changes[next];
      change && change.atS < (step + 1) * STEP_S;
      change = changes[++next]
    ) {
      now += change.gpus
      most = Math.max(most, now)
    }
    greatest.push(most)
  }
  return greatest
}

/** The greatest demand from an instant on, within so many seconds. */
export function futurePeaks(workload: Workload, withinS: number): (nowS: number) => number {
  const greatest = demandBySteps(workload)
  const width = Math.ceil(withinS / STEP_S)
  // The maximum of a sliding stretch, from the end: candidates fall from the front of the list to its back.
  const peaks = greatest.map(() => 0)
  const candidates: number[] = []
  for (let step = greatest.length - 1; step >= 0; step--) {
    const value = greatest[step] ?? 0
    while (candidates.length > 0 && (greatest[candidates.at(-1) ?? 0] ?? 0) <= value)
      candidates.pop()
    candidates.push(step)
    while ((candidates[0] ?? 0) > step + width) candidates.shift()
    peaks[step] = greatest[candidates[0] ?? step] ?? 0
  }
  return (nowS) => peaks[Math.floor(nowS / STEP_S)] ?? 0
}
