/** Routes and constraints, through the binary: what is read from a file, what is sent, how it reads. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Answers } from './simulated-installation.ts'
import { createWorkplace } from './workplace.ts'

const { installation, run } = createWorkplace()

const DOCUMENT = {
  groups: [
    {
      ...{ name: 'ours', objective: 'least_busy' as const },
      targets: [{ kind: 'replicas' as const, weight: 1 }],
    },
  ],
  constraints: { regions: ['eu-west'], maxPrice: { outputUsd: '4' } },
  retries: { attemptsMax: 3, sharePercent: 20 },
  timeouts: {},
}
const SERVER = {
  ...{ id: 'dep_a/0', model: 'llama', kind: 'replica', provider: 'own', pool: 'h100' },
  ...{ region: 'us-east', dataPolicy: 'not_kept', inputUsd: '1', outputUsd: '2' },
  ...{ groups: ['ours'], excludedBy: 'region', breaker: null },
}
const BROKEN = {
  ...{ ...SERVER, id: 'dep_b/0', excludedBy: null },
  breaker: { state: 'open', openedAt: '2026-01-01T00:00:00.000Z', gateways: 1 },
}
const ROUTE = {
  ...{ model: 'llama', version: 2, document: DOCUMENT, setAt: '2026-01-01T00:00:00.000Z' },
  servers: [SERVER, BROKEN],
}
const PROJECT = `prj_${'0'.repeat(26)}`
const CONSTRAINT = {
  ...{ projectId: PROJECT, organizationId: `org_${'0'.repeat(26)}` },
  ...{ constraints: { regions: ['eu-west'] }, setAt: '2026-01-01T00:00:00.000Z' },
}
const NOBODY = { requests: 0, chargedUsd: '0', costUsd: '0', servers: [], refused: [] }
const SIMULATION = {
  ...{ model: 'llama', from: CONSTRAINT.setAt, to: CONSTRAINT.setAt },
  ...{ requests: 100, isCut: false, noted: 3, calledOff: { tries: 2, costUsd: '0.0004' } },
  before: {
    ...{ ...NOBODY, requests: 100, chargedUsd: '1.5' },
    servers: [
      {
        ...{ id: 'dep_a/0', model: 'llama', provider: 'own', region: 'us-east' },
        ...{ requests: 100, chargedUsd: '1.5', costUsd: '0' },
      },
    ],
  },
  after: { ...NOBODY, refused: [{ code: 'data_residency_mismatch', requests: 100 }] },
}
const asOperator = (answers: Answers) => ({ answers, key: 'operator-secret' })

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'spillway-route-')), 'route.json')
  writeFileSync(path, text)
  return path
}

describe('route', () => {
  test('list and show say what is asked, and what is never asked and why', async () => {
    const list = await run(
      ['route', 'list'],
      asOperator({ listRoutes: () => ({ items: [ROUTE], nextCursor: null }) }),
    )
    expect(list.stdout).toContain('1 of 2')
    expect(list.stdout).toContain('in eu-west; output \u2264 $4')
    const show = await run(['route', 'show', 'llama'], asOperator({ getRoute: () => ROUTE }))
    expect(show.stdout).toContain('never: its region')
    expect(show.stdout).toContain('last: its breaker is open')
    const json = await run(
      ['route', 'show', 'llama', '--json'],
      asOperator({ getRoute: () => ROUTE }),
    )
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 2 })
  })

  test('set sends the document of a file, and one that is none is named by its faults', async () => {
    const answers = asOperator({ setRoute: () => ROUTE })
    const path = fileOf(JSON.stringify({ groups: DOCUMENT.groups }))
    const words = ['route', 'set', 'llama', '--replaces', '1', '--yes', '--file']
    expect((await run([...words, path], answers)).code).toBe(0)
    expect(installation().requests.at(-1)?.body).toMatchObject({
      replaces: 1,
      document: { groups: DOCUMENT.groups },
    })
    const wrong = await run([...words, fileOf('{"groups":[]}')], answers)
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('groups')
    expect((await run([...words, fileOf('{')], answers)).stderr).toContain('is not JSON')
    expect((await run([...words, '/none'], answers)).stderr).toContain('There is no file')
    const withSimulation = asOperator({ setRoute: () => ROUTE, simulateRoute: () => SIMULATION })
    const unasked = await run(['route', 'set', 'llama', '--file', path], withSimulation)
    expect(unasked.stderr).toContain('data_residency_mismatch')
    expect(unasked.stderr).toContain('--yes')
  })

  test('simulate shows both beside each other, and changes nothing', async () => {
    const path = fileOf(JSON.stringify({ groups: DOCUMENT.groups }))
    const answers = asOperator({ simulateRoute: () => SIMULATION })
    const words = ['route', 'simulate', 'llama', '--file', path, '--hours', '48']
    const { code, stdout } = await run(words, answers)
    expect(code).toBe(0)
    expect(installation().requests.at(-1)?.body).toMatchObject({ hours: 48 })
    expect(stdout).toMatch(/dep_a\/0 \(own, us-east\).*100 \(100\.0 %\).*0/)
    expect(stdout).toMatch(/refused: data_residency_mismatch.*0.*100/)
    expect(stdout).toContain('called off: 2, which cost you $0.0004 or more')
    expect(JSON.parse((await run([...words, '--json'], answers)).stdout)).toMatchObject({
      requests: 100,
    })
  })

  test('versions and remove', async () => {
    const version = { model: 'llama', version: 2, document: null, setAt: CONSTRAINT.setAt }
    const listRouteVersions = () => ({ items: [version], nextCursor: null })
    const versions = await run(['route', 'versions', 'llama'], asOperator({ listRouteVersions }))
    expect(versions.stdout).toContain('every server')
    const answers = asOperator({ deleteRoute: () => ({ ok: true }) })
    expect((await run(['route', 'remove', 'llama', '--yes'], answers)).code).toBe(0)
  })
})

describe('constraints of a project', () => {
  test('are set by names, listed in words and removed', async () => {
    const answers: Answers = {
      setRouteConstraint: () => CONSTRAINT,
      listRouteConstraints: () => ({ items: [CONSTRAINT], nextCursor: null }),
      deleteRouteConstraint: () => ({ ok: true }),
    }
    const words = [
      '--region',
      'eu-west',
      'eu-north',
      '--data',
      'not_kept',
      '--max-output-price',
      '4',
    ]
    const set = await run(['route', 'constrain', ...words], { answers })
    expect(set.code).toBe(0)
    expect(installation().requests.at(-1)?.body).toEqual({
      constraints: {
        regions: ['eu-west', 'eu-north'],
        ...{ dataPolicy: 'not_kept', maxPrice: { outputUsd: '4' } },
      },
    })
    expect((await run(['route', 'constrain'], { answers })).code).toBe(2)
    expect((await run(['route', 'constraints'], { answers })).stdout).toContain('in eu-west')
    const removed = await run(['route', 'unconstrain', '--project', PROJECT], { answers })
    expect(removed.code).toBe(0)
  })
})
