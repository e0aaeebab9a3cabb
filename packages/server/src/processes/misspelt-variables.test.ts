import { expect, test } from 'vitest'
import { findMisspelt } from './misspelt-variables.ts'

test('a slip of the pen is told, and with it the name that was meant', () => {
  expect(findMisspelt({ SPILLWAY_PROT: '4511', SPILLWAY_DATADIR: 'x' })).toEqual([
    'SPILLWAY_PROT is not a variable of the server; did you mean SPILLWAY_PORT?',
    'SPILLWAY_DATADIR is not a variable of the server; did you mean SPILLWAY_DATA_DIR?',
  ])
})

test('a name that stops short is told as well', () => {
  expect(findMisspelt({ SPILLWAY_DATA: '/srv/spillway' })).toEqual([
    'SPILLWAY_DATA is not a variable of the server; did you mean SPILLWAY_DATA_DIR?',
  ])
})

test('variables of others are left alone', () => {
  const names = ['URL', 'API_KEY', 'KEY', 'SLOTS', 'CPUS', 'NODE', 'GATEWAY', 'METADATA_URL']
  const others = ['LEASE_ID', 'ATTEMPT_ID', 'ATTEMPT_MARK', 'NOTICE_FILE', 'TEST_REQUIRE']
  const environment = Object.fromEntries(
    [...names, ...others].map((name) => [`SPILLWAY_${name}`, 'x']),
  )
  expect(findMisspelt({ ...environment, PATH: '/bin', PORT: '80', SPILLWAY_PORT: '1' })).toEqual([])
})
