/** The name of a container image as people write it, such as `ubuntu:24.04` or `ghcr.io/org/name@sha256:…`. Pure. */

export interface ImageReference {
  /** Host and port, such as `docker.io` or `127.0.0.1:5000`. */
  readonly registry: string
  readonly repository: string
  /** Null where a digest says more. */
  readonly tag: string | null
  readonly digest: string | null
}

const REGISTRY = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?$/
const REPOSITORY = /^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(\/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/
const REFERENCE_CHARACTERS_MAX = 512
const DOCKER_HUB = 'docker.io'

/** Null for what is no name of an image. */
export function parseImageReference(text: string): ImageReference | null {
  if (text.length > REFERENCE_CHARACTERS_MAX) return null
  const [name = '', digest = null, ...more] = text.split('@')
  if (more.length > 0 || (digest !== null && !DIGEST.test(digest))) return null
  const { registry, path } = splitRegistry(name)
  const colon = path.lastIndexOf(':')
  const named = colon < 0 ? path : path.slice(0, colon)
  const tag = colon < 0 ? null : path.slice(colon + 1)
  const repository = registry === DOCKER_HUB && !named.includes('/') ? `library/${named}` : named
  if (!REGISTRY.test(registry) || !REPOSITORY.test(repository)) return null
  if (tag !== null && !TAG.test(tag)) return null
  return { registry, repository, tag: digest === null ? (tag ?? 'latest') : null, digest }
}

/** The first part is a registry when it looks like a host; otherwise the name is Docker Hub's. */
function splitRegistry(name: string): { readonly registry: string; readonly path: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(0, slash))
  if (!/[.:]/.test(first) && first !== 'localhost') return { registry: DOCKER_HUB, path: name }
  const registry = first === 'index.docker.io' ? DOCKER_HUB : first
  return { registry, path: name.slice(slash + 1) }
}

export function renderImageReference(reference: ImageReference): string {
  const { registry, repository, tag, digest } = reference
  return `${registry}/${repository}${digest === null ? `:${tag}` : `@${digest}`}`
}
