import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const places = { root: '/spillway', cwd: '/home/somebody' }

test('without any variable everything has its default', () => {
  expect(readConfig({}, places)).toMatchObject({
    kind: 'config',
    config: {
      port: 4510,
      gateways: 1,
      dataDir: '/home/somebody/.spillway',
      databaseUrl: null,
      fleetFile: '/spillway/examples/laptop.yaml',
    },
  })
})

test('the public address is kept as browsers write it, and one with a path is refused', () => {
  const read = (SPILLWAY_PUBLIC_URL: string) => readConfig({ SPILLWAY_PUBLIC_URL }, places)
  expect(read('https://Spillway.Example.com:443/')).toMatchObject({
    config: { publicUrl: 'https://spillway.example.com' },
  })
  expect(readConfig({}, places)).toMatchObject({ config: { publicUrl: null } })
  for (const wrong of [
    'spillway.example.com',
    'https://a.example/b',
    'ftp://a.example',
    'https://u:p@a.example',
  ])
    expect(read(wrong)).toMatchObject({
      kind: 'refused',
      faults: [expect.stringContaining('SPILLWAY_PUBLIC_URL must be the address')],
    })
})

test('everything that is wrong is said at once, by the name of its variable', () => {
  const outcome = readConfig(
    {
      SPILLWAY_PORT: '99999',
      SPILLWAY_GATEWAYS: '0',
      SPILLWAY_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
    },
    places,
  )
  expect(outcome.kind === 'refused' && outcome.faults.map((fault) => fault.split(' ')[0])).toEqual([
    'SPILLWAY_PORT',
    'SPILLWAY_GATEWAYS',
    'DATABASE_URL',
    'SPILLWAY_LOG_LEVEL',
  ])
})
