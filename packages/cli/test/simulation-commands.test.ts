/** `spillway simulate` and `spillway simulation` against an installation that answers as each test says. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  SIMULATION_MEASURES,
  type SimulationVariant,
  type SimulationWithResult,
} from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run, folder } = createWorkplace()

const ID = 'sim_06f3k0000000000000000000aa'

function variant(changes: Partial<SimulationVariant> = {}): SimulationVariant {
  return {
    ...{ name: 'base', policy: 'spillway', scale: 1, hashes: ['00ff'] },
    measures: Object.fromEntries(
      SIMULATION_MEASURES.map((measure) => [measure, { mean: 0.5, within: 0.01 }]),
    ) as SimulationVariant['measures'],
    timeline: {
      ...{ stepHours: 6, capacityGpus: 16, reservedGpus: 0 },
      ...{ anchorGpus: [8, 9], soldGpus: [4, 2], wantedGpus: [8, 9] },
      soldByTier: { spot: [3, 2], guaranteed: [1, 0] },
    },
    markets: [
      {
        pool: 'p',
        forecast: { likelyGpus: [7, 8], p90Gpus: [8, 9], p99Gpus: [9, 10], cameGpus: [8, 9] },
        price: { stepHours: 6, clearedUsd: [null, 1.25], reserveUsd: [1, 1], benchmarkUsd: [2, 3] },
        stack: null,
        supply: {
          stepHours: 6,
          tiers: [
            { tier: 'guaranteed', hours: 2, gpus: [4, 5] },
            { tier: 'spot', hours: null, gpus: [6, null] },
          ],
        },
      },
    ],
    ...changes,
  }
}

function simulation(changes: Partial<SimulationWithResult> = {}): SimulationWithResult {
  return {
    ...{ id: ID, name: 'a week', state: 'done', progress: 1, seeds: 2, horizonDays: 7 },
    ...{ variants: ['base', '<b>'], createdAt: AT, startedAt: AT, endedAt: AT, failure: null },
    ...{ scenario: 'name: a week', notes: ['3 rows are left out'] },
    result: [
      variant(),
      variant({ name: '<b>', differences: { utilisation: { mean: -0.25, within: 0.005 } } }),
    ],
    ...changes,
  }
}

const answers = {
  createSimulation: () => simulation(),
  getSimulation: () => simulation(),
  listSimulations: () => page([simulation()]),
}

async function writeScenario(text: string): Promise<string> {
  await writeFile(join(folder(), 'plan.yaml'), text)
  return join(folder(), 'plan.yaml')
}

describe('spillway simulate', () => {
  test('sends the scenario with the files it names, and prints the variants side by side', async () => {
    await writeFile(join(folder(), 'fleet.yaml'), 'sites: []')
    await writeFile(join(folder(), 'jobs.csv'), 'a,b')
    const text = 'name: a week\nfleet: fleet.yaml # ours\ntrace: "jobs.csv"\n'
    const { stdout, code } = await run(['simulate', await writeScenario(text)], {
      answers,
      key: 'operator-secret',
    })
    expect(code).toBe(0)
    expect(stdout).toMatch(/BASE \(SPILLWAY\).*<B> \(SPILLWAY\)\n/)
    expect(stdout).toMatch(/utilisation +50\.00 % ± 1\.00 % +50\.00 % ± 1\.00 %\n/)
    expect(stdout).toContain('7 days, 2 seeds')
    expect(stdout).toContain('3 rows are left out')
    const sent = installation().requests.find(({ line }) => line.startsWith('POST'))?.body as {
      readonly [key: string]: string
    }
    expect(sent).toMatchObject({ scenario: text, fleet: 'sites: []' })
    expect(gunzipSync(Buffer.from(sent['trace'] ?? '', 'base64')).toString()).toBe('a,b')
  })

  test('writes a page that is complete, with names made safe', async () => {
    const words = ['simulate', await writeScenario('name: x'), '--html', join(folder(), 'x.html')]
    const { stderr } = await run(words, { answers, key: 'operator-secret' })
    expect(stderr).toContain('x.html is written')
    const html = await readFile(join(folder(), 'x.html'), 'utf8')
    expect(html).toContain('<svg')
    expect(html).toContain('&lt;b&gt;')
    expect(html).not.toMatch(/<b>|<script|https?:|src=|NaN/)
    // then: each chart is said in words, with its numbers as a table, for each variant
    for (const words of [
      'GPUs by who has them',
      'Forecast of the owner’s hourly peak and what came, GPUs',
      'Clearing price, reserve and worth of a GPU-hour',
      'GPUs that could be sold by tier',
    ])
      for (const name of ['base', '&lt;b&gt;']) {
        expect(html).toContain(`aria-label="${words}, ${name}; the numbers are in the table below"`)
        expect(html).toContain(`<caption>${words}, ${name}: the mean of each day</caption>`)
      }
    expect(html).toContain('<td>$1.25</td>')
    expect(html).toContain('<small>-25.00 points ± 0.50</small>')
  })

  test('with --difference each variant is told less the base', async () => {
    const words = ['simulate', await writeScenario('name: x'), '--difference']
    const { stdout } = await run(words, { answers, key: 'operator-secret' })
    expect(stdout).toMatch(/utilisation +50\.00 % ± 1\.00 % +-25\.00 points ± 0\.50\n/)
    expect(stdout).toMatch(/revenue +1 USD ± 0 USD +-\n/)
  })

  test('with --json the document goes to stdout alone', async () => {
    const words = ['simulate', await writeScenario('name: x'), '--json']
    const { stdout } = await run(words, { answers, key: 'operator-secret' })
    expect(JSON.parse(stdout)).toEqual(simulation())
  })

  test('a file that is missing or packed is named, and nothing is sent', async () => {
    const missing = await run(['simulate', await writeScenario('fleet: none.yaml')], {
      answers,
      key: 'operator-secret',
    })
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain('none.yaml')
    const packed = await run(['simulate', await writeScenario('trace: t.csv.gz')], {
      answers,
      key: 'operator-secret',
    })
    expect(packed.stderr).toContain('gunzip')
    expect(installation().requests).toEqual([])
  })

  test('one that failed says why, by its exit code too', async () => {
    const failed = simulation({ state: 'failed', result: null, failure: 'It broke off.' })
    const words = ['simulate', await writeScenario('name: x')]
    const { stdout, code } = await run(words, {
      key: 'operator-secret',
      answers: { ...answers, getSimulation: () => failed },
    })
    expect(stdout).toContain('It broke off.')
    expect(code).toBe(1)
  })
})

describe('spillway simulation', () => {
  test('list, show and cancel find it by its name', async () => {
    const list = await run(['simulation', 'list'], { answers, key: 'operator-secret' })
    expect(list.stdout).toMatch(/a week +done +100 % +2 +7 +2/)
    const show = await run(['simulation', 'show', 'a week'], { answers, key: 'operator-secret' })
    expect(show.stdout).toContain('capex recovered')
    const cancelled = await run(['simulation', 'cancel', 'a week'], {
      key: 'operator-secret',
      answers: { ...answers, cancelSimulation: () => simulation({ state: 'cancelled' }) },
    })
    expect(cancelled.stdout).toBe(`${ID} is cancelled\n`)
  })
})
