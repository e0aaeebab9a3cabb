/** The tone of a fact in a lease's timeline, by its type. */
import type { Tone } from '../../ui/state-word.tsx'

const TONES: readonly (readonly [RegExp, Tone])[] = [
  [/credited/, 'good'],
  [/fail|lost|crash|exhaust|kill/, 'bad'],
  [/reclaim|notice|evict|limit/, 'warn'],
  [/running|started|admitted|adopted|ready|settled|credited/, 'good'],
  [/starting|placed|claimed|held/, 'accent'],
]

export function factTone(type: string): Tone {
  return TONES.find(([pattern]) => pattern.test(type))?.[1] ?? 'idle'
}
