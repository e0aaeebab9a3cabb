/** The documents that describe an image, as registries keep them: index, manifest and configuration. Pure. */
import { z } from 'zod'
import { ImageFault } from './image-fault.ts'

/** What we can read, in the order of preference. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)

const descriptor = z.object({
  mediaType: z.string().default(''),
  digest,
  size: z.number().int().min(0),
})
export type Descriptor = z.output<typeof descriptor>

const platform = z.object({ os: z.string(), architecture: z.string() })

const index = z.object({
  manifests: z.array(descriptor.extend({ platform: platform.optional() })).max(1000),
})

const manifest = z.object({ config: descriptor, layers: z.array(descriptor) })
export type Manifest = z.output<typeof manifest>

const config = z.object({
  os: z.string().default('linux'),
  architecture: z.string().default(''),
  config: z
    .object({
      Env: z.array(z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      WorkingDir: z.string().nullish(),
    })
    .nullish(),
})

/** How an image wants to be run. */
export interface ImageSettings {
  readonly environment: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  /** Null where it says nothing. */
  readonly workingDirectory: string | null
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** The architecture of this machine, as images call it. */
export function architectureOf(nodeName: string): string {
  return ARCHITECTURES[nodeName] ?? nodeName
}

/** What a registry answers, of a shape. */
export function readDocument<Shape extends z.ZodType>(shape: Shape, bytes: Buffer, what: string) {
  try {
    return shape.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    throw new ImageFault(`its ${what} cannot be read`)
  }
}

export type ManifestReading =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly digest: string }

/** A manifest, or of an index the manifest for an architecture. */
export function readManifest(bytes: Buffer, architecture: string): ManifestReading {
  const asIndex = index.safeParse(readDocument(z.unknown(), bytes, 'manifest'))
  if (!asIndex.success)
    return { kind: 'manifest', manifest: readDocument(manifest, bytes, 'manifest') }
  const { manifests } = asIndex.data
  const found = manifests.find(
    (each) => each.platform?.os === 'linux' && each.platform.architecture === architecture,
  )
  if (found) return { kind: 'index', digest: found.digest }
  const names = manifests.flatMap(({ platform: each }) =>
    each && each.os !== 'unknown' ? [`${each.os}/${each.architecture}`] : [],
  )
  throw new ImageFault(
    `it is not made for linux/${architecture}, only for ${[...new Set(names)].join(', ') || 'nothing'}`,
  )
}

export function readConfig(bytes: Buffer, architecture: string): ImageSettings {
  const { os, architecture: made, config: asked } = readDocument(config, bytes, 'configuration')
  if (os !== 'linux' || (made !== '' && made !== architecture))
    throw new ImageFault(`it is not made for linux/${architecture}, only for ${os}/${made}`)
  const variables = (asked?.Env ?? []).flatMap((text) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(text) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })
  return {
    environment: Object.fromEntries(variables),
    entrypoint: asked?.Entrypoint ?? [],
    command: asked?.Cmd ?? [],
    workingDirectory: asked?.WorkingDir || null,
  }
}
