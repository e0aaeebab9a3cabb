/** Files that wait for real clusters, browsers and installations begin first, so that none of them runs alone at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const LONGEST = ['slurm-engine.test.ts', 'pages.browser.test.ts', 'market.browser.test.ts']
const LONG = /\.(?:browser|scenario)\.test\.ts$|slurm-faults|sameness/

function rank(path: string): number {
  if (LONGEST.some((name) => path.endsWith(`/${name}`))) return 0
  return LONG.test(path) ? 1 : 2
}

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rank(a.moduleId) - rank(b.moduleId))
  }
}
