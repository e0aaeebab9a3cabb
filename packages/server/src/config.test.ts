import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const places = { root: '/spillway', cwd: '/home/somebody' }

test('without any variable everything has its default', () => {
  expect(readConfig({}, places)).toMatchObject({
    kind: 'config',
    config: {
      port: 4510,
      dataDir: '/home/somebody/.spillway',
      databaseUrl: null,
      fleetFile: '/spillway/examples/laptop.yaml',
    },
  })
})

test('everything that is wrong is said at once, by the name of its variable', () => {
  const outcome = readConfig(
    { SPILLWAY_PORT: '99999', SPILLWAY_LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x' },
    places,
  )
  expect(outcome.kind === 'refused' && outcome.faults.map((fault) => fault.split(' ')[0])).toEqual([
    'SPILLWAY_PORT',
    'DATABASE_URL',
    'SPILLWAY_LOG_LEVEL',
  ])
})
