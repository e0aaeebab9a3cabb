/** A node's state as a dot and a word. */
import type { ReactElement } from 'react'
import { StateWord, type Tone } from '../../../ui/state-word.tsx'
import type { MapNode } from './fleet-model.ts'

const TONES: Readonly<Record<string, Tone>> = {
  ready: 'good',
  draining: 'warn',
  down: 'bad',
  faulty: 'bad',
}

export function NodeStateWord({ node }: { node: Pick<MapNode, 'state'> }): ReactElement {
  return <StateWord tone={TONES[node.state] ?? 'idle'}>{node.state}</StateWord>
}
