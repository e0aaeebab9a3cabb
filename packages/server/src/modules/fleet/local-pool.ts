/** What the fleet file says of the pool on this machine: how customers are kept apart, and what they reach. Pure. */
import { z } from 'zod'
import { doRangesOverlap, parseIpv4Range } from '#kernel/ipv4-range.ts'

const range = z
  .string('write a range such as 10.20.0.0/16')
  .refine((text) => parseIpv4Range(text) !== null, 'write an IPv4 range such as 10.20.0.0/16')

/** Nobody in a sandbox reaches them, so that nobody is made to believe it. */
const CLOSED = [
  ['127.0.0.0/8', 'this machine itself'],
  ['169.254.0.0/16', 'its links, with the metadata of clouds'],
  ['0.0.0.0/8', 'no machine'],
  ['224.0.0.0/3', 'many machines at once'],
] as const

function whyClosed(text: string): string | null {
  const asked = parseIpv4Range(text)
  const found = CLOSED.find(([closed]) => {
    const own = parseIpv4Range(closed)
    return asked !== null && own !== null && doRangesOverlap(asked, own)
  })
  return found ? `${text} includes ${found[0]}, ${found[1]}, which no lease may reach` : null
}

const outbound = z.strictObject({
  allow: z
    .array(
      range.refine((text) => whyClosed(text) === null, {
        error: ({ input }) => whyClosed(String(input)) ?? '',
      }),
    )
    .max(100)
    .default([]),
  deny: z.array(range).max(100).default([]),
  /** Those of this machine when left out. */
  nameservers: z
    .array(z.ipv4('write the IPv4 address of a name server, such as 9.9.9.9'))
    .min(1, 'name one, or leave it out')
    .max(3)
    .optional(),
})

/** A size, read as bytes. */
const bytes = z
  .string('write a size such as 8GiB')
  .regex(/^[1-9]\d{0,6}(MiB|GiB)$/, 'write a size such as 512MiB or 8GiB')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('MiB') ? 2 ** 20 : 2 ** 30))

const memoryBytes = bytes.refine(
  (size) => size >= 64 * 2 ** 20,
  'write at least 64MiB: no command starts with less',
)

const images = z.strictObject({
  registries: z
    .array(
      z
        .string()
        .regex(
          /^(http:\/\/)?([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?$/,
          'write the host of a registry, such as docker.io or 10.20.0.5:5000',
        ),
    )
    .min(1, 'name a registry, such as docker.io')
    .max(100),
  /** Of one image, unpacked. */
  largest: bytes.default(32 * 2 ** 30),
  /** Of all that are kept. */
  keep: bytes.default(128 * 2 ** 30),
})

/** What only a pool of the local engine says. */
export const localShape = {
  isolation: z
    .enum(['auto', 'bubblewrap', 'none'], 'write auto, bubblewrap or none')
    .default('auto'),
  network: z
    .enum(['metadata', 'outbound', 'host'], 'write metadata, outbound or host')
    .default('metadata'),
  outbound: outbound.optional(),
  shared: z
    .array(z.string().startsWith('/', 'write a path from the root, such as /opt/conda'))
    .default([]),
  memoryPerSlot: memoryBytes.optional(),
  images: images.optional(),
} as const

/** The shapes by the path at which they stand, to guess what a misspelt key was to be. */
export const LOCAL_SHAPES: Readonly<Record<string, z.ZodObject>> = { outbound, images }

interface LocalPool {
  readonly isolation: string
  readonly images?: unknown
  readonly network: string
  readonly outbound?: unknown
}

/** Rules that nothing obeys must not look as if they protected something. */
export function whyNoOutbound(pool: LocalPool): string | null {
  if (pool.outbound === undefined || pool.network === 'outbound') return null
  return `outbound: stands for nothing with \`network: ${pool.network}\`; write \`network: outbound\``
}

export function whyNoImages(pool: LocalPool): string | null {
  if (pool.images === undefined || pool.isolation !== 'none') return null
  return 'images: need a sandbox, which `isolation: none` takes away; write `isolation: auto`'
}
