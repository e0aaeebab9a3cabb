/** Which pools may run a container image: those that have sandboxes, and whose operator named its registry. */
import { Fault } from '#kernel/fault.ts'
import { parseImageReference } from '#kernel/image-reference.ts'
import type { Pool } from '#modules/fleet/index.ts'

interface ImageWish {
  readonly image?: string | undefined
  readonly pool?: string | undefined
}

/** Null where the pool may run it. */
function whyNot(pool: Pool, registry: string): string | null {
  const { registries = [] } = pool.isolation
  if (pool.engine !== 'local')
    return `${pool.name} is a pool of the engine ${pool.engine}, which runs no images`
  if (pool.isolation.kind !== 'sandbox')
    return `${pool.name} runs no images, which need a sandbox: ${pool.isolation.text}`
  if (registries.length === 0) return `the operator lets no images run on ${pool.name}`
  const names = registries.map((each) => each.replace(/^http:\/\//, ''))
  return names.includes(registry)
    ? null
    : `on ${pool.name} images come from ${names.join(', ')}, and not from ${registry}`
}

/** The pools that may run what is asked; all of them when it has no image. Throws why there is none. */
export function poolsWithImage(
  pools: readonly Pool[],
  { image, pool: named }: ImageWish,
): readonly Pool[] {
  if (image === undefined) return pools
  const reference = parseImageReference(image)
  if (reference === null)
    throw new Fault('lease.image_refused', `“${image}” is no name of an image.`)
  const open = pools.filter((pool) => whyNot(pool, reference.registry) === null)
  const wanted = pools.find((pool) => pool.name === named) ?? open[0] ?? pools[0]
  const why = wanted && whyNot(wanted, reference.registry)
  if (why) throw new Fault('lease.image_refused', `The image cannot be run: ${why}.`)
  return open
}
