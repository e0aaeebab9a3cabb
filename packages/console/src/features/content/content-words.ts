/** How what is kept reads. */
import type { CacheMode, ContentPolicy } from '@spillway/contract'
import { formatDuration } from '../../ui/format/time.ts'

export const MODE_WORDS: Readonly<Record<CacheMode, string>> = {
  off: 'Off',
  asked: 'For requests that ask for it',
  on: 'For all whose answer would be the same',
}

const SECOND_MS = 1000

export function cacheWords(policy: ContentPolicy | null): string {
  if (policy === null || policy.cache === 'off')
    return 'It is off. When it is on, a request that was answered before, word for word, is answered without the model, at the price of a cached response.'
  const { cache, cacheTtlSeconds, isSampledCached } = policy
  const whose =
    cache === 'on'
      ? 'Embeddings, and requests at temperature 0, are answered from it'
      : 'Requests that say x-spillway-cache: use are answered from it'
  const sampled = isSampledCached ? ', at any temperature where they ask for it' : ''
  return `${whose}${sampled}, for ${formatDuration(cacheTtlSeconds * SECOND_MS)}.`
}

export function storedWords(policy: ContentPolicy | null): string {
  const days = policy?.storedDays ?? null
  return days === null
    ? 'Nothing is stored: the log of requests has figures, and no words.'
    : `Prompts and answers are stored for ${days} ${days === 1 ? 'day' : 'days'}. Each reading is in the audit log.`
}
