/** The storm on this machine alone: the `local` engine, whose parts are the server's own and one shim an attempt. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ground } from './ground.ts'

const LAPTOP = join(import.meta.dirname, '../../examples/laptop.yaml')

export function localGround(folder: string): Ground {
  const text = readFileSync(LAPTOP, 'utf8')
  const path = join(folder, 'fleet.yaml')
  const fleet = `${text.slice(0, text.indexOf('models:'))}demo: { creditUsd: 100000 }\n`
  writeFileSync(path, fleet.replace('notice: 10s', 'notice: 500ms'))
  return {
    name: 'local',
    environment: { SPILLWAY_FLEET: path },
    gpusMax: 2,
    inFlight: 6,
    victims: {},
    quieten: () => Promise.resolve(),
    countLeftovers: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  }
}
