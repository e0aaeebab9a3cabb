/** What a fleet file may write for `weights`: a path, or `hf:owner/repository/path/file.gguf[@revision]`. Pure. */
import { join, resolve } from 'node:path'

/** A file in a repository of a hub that speaks the protocol of Hugging Face. */
export interface HubReference {
  readonly owner: string
  readonly repository: string
  readonly file: string
  readonly revision: string
}

export type WeightsReference =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'hub'; readonly hub: HubReference }
  | { readonly kind: 'invalid'; readonly text: string }

export interface PathPlaces {
  /** What a relative path is relative to: the folder of the fleet file. */
  readonly baseFolder: string
  /** What `~` stands for. */
  readonly homeFolder: string
}

const HUB_PREFIX = 'hf:'
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/

export function parseReference(text: string, places: PathPlaces): WeightsReference {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'invalid', text: 'The weights are an empty text.' }
  if (trimmed.startsWith(HUB_PREFIX)) return parseHub(trimmed)
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(trimmed))
    return {
      kind: 'invalid',
      text: `${trimmed} is an address. Write hf:owner/repository/file.gguf, or the path of a file.`,
    }
  return { kind: 'path', path: resolvePath(trimmed, places) }
}

function resolvePath(path: string, { baseFolder, homeFolder }: PathPlaces): string {
  if (path === '~') return homeFolder
  return path.startsWith('~/') ? join(homeFolder, path.slice(2)) : resolve(baseFolder, path)
}

function parseHub(text: string): WeightsReference {
  const [address = '', revision = 'main', ...rest] = text.slice(HUB_PREFIX.length).split('@')
  const [owner = '', repository = '', ...path] = address.split('/')
  const isSafe = path.length > 0 && path.every((part) => !['', '.', '..'].includes(part))
  const isWhole = NAME.test(owner) && NAME.test(repository) && isSafe && REVISION.test(revision)
  if (!isWhole || rest.length > 0 || revision.includes('..'))
    return {
      kind: 'invalid',
      text: `${text} is not hf:owner/repository/path/file.gguf[@revision].`,
    }
  const file = path.join('/')
  if (!file.toLowerCase().endsWith('.gguf'))
    return { kind: 'invalid', text: `${text} does not name a .gguf file.` }
  return { kind: 'hub', hub: { owner, repository, file, revision } }
}

/** Where the hub has the file. The base address may have a path of its own, as mirrors do. */
export function hubFileUrl(baseUrl: string, hub: HubReference): string {
  const path = [hub.owner, hub.repository, 'resolve', hub.revision, ...hub.file.split('/')]
  return `${baseUrl.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`
}

/** The reference in its full form: the name under which the store remembers it. */
export function renderHub({ owner, repository, file, revision }: HubReference): string {
  return `${HUB_PREFIX}${owner}/${repository}/${file}@${revision}`
}
