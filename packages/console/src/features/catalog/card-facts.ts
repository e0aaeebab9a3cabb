/** What a search of the catalog finds, and which models are compared. Pure. */
import type { ModelCard, ModelCapability, ModelOrigin } from '@spillway/contract'

export interface CatalogFilter {
  readonly find?: string | undefined
  readonly can?: ModelCapability | undefined
  readonly origin?: ModelOrigin | undefined
}

/** All words have to be found, wherever. */
export function matches(card: ModelCard, { find = '', can, origin }: CatalogFilter): boolean {
  if (can !== undefined && !(card.declared.capabilities ?? []).includes(can)) return false
  if (origin !== undefined && card.origin !== origin) return false
  const { model, displayName, description, publisher, licence, aliases, declared } = card
  const { inputModalities = [], outputModalities = [], capabilities = [], quantisation } = declared
  const said = [model, displayName, description, publisher, licence, quantisation, ...aliases]
  const text = [...said, ...inputModalities, ...outputModalities, ...capabilities]
    .join(' ')
    .toLowerCase()
    .replaceAll('_', ' ')
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** The models named in an address, at most so many, without those named twice. */
const COMPARED_MAX = 4

export function comparedIn(text: string | undefined): readonly string[] {
  const names = (text ?? '').split(',').filter(Boolean)
  return [...new Set(names)].slice(0, COMPARED_MAX)
}

export function withCompared(text: string | undefined, model: string): string | undefined {
  const names = comparedIn(text)
  const next = names.includes(model) ? names.filter((each) => each !== model) : [...names, model]
  return next.length === 0 ? undefined : next.join(',')
}
