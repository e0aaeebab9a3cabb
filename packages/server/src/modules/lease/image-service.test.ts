/** Which pools may run an image, and why the others may not. */
import { expect, test } from 'vitest'
import type { Pool } from '#modules/fleet/index.ts'
import type { Isolation } from '#platform/engines/engine.ts'
import { poolsWithImage } from './image-service.ts'

function pool(name: string, isolation: Isolation, engine = 'local'): Pool {
  return { name, isolation, engine } as Pool
}

const sandbox = (registries?: readonly string[]): Isolation => ({
  ...{ kind: 'sandbox', text: 'in bubblewrap' },
  ...(registries === undefined ? {} : { registries }),
})

const open = pool('open', sandbox(['docker.io', 'http://10.0.0.5:5000']))
const closed = pool('closed', sandbox())
const bare = pool('bare', { kind: 'none', text: 'as the operator asked' })
const cluster = pool('cluster', { kind: 'accounts', text: 'accounts' }, 'slurm')
const all = [closed, bare, cluster, open]

test('without an image any pool will do', () => {
  expect(poolsWithImage(all, {})).toEqual(all)
})

test('with one, only a pool whose operator named its registry will', () => {
  expect(poolsWithImage(all, { image: 'ubuntu:24.04' })).toEqual([open])
  expect(poolsWithImage(all, { image: '10.0.0.5:5000/team/a' })).toEqual([open])
})

test.each([
  ['ghcr.io/a/b', 'open', /images come from docker.io, 10.0.0.5:5000, and not from ghcr.io/],
  ['ubuntu', 'closed', /lets no images run on closed/],
  ['ubuntu', 'bare', /need a sandbox: as the operator asked/],
  ['ubuntu', 'cluster', /the engine slurm, which runs no images/],
  ['ubuntu:', 'open', /is no name of an image/],
])('%s on %s is refused with the reason', (image, name, message) => {
  expect(() => poolsWithImage(all, { image, pool: name })).toThrow(
    expect.objectContaining({
      code: 'lease.image_refused',
      message: expect.stringMatching(message),
    }),
  )
})
