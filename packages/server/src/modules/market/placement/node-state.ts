/** What is left on one node, as a value: nodes with the same left are the same to every decision. Pure. */
import { type Shape, WHOLE } from './shape.ts'

export interface NodeState {
  readonly model: string
  /** Nodes of one kind are worth the same: of one model, with as much when they are empty. */
  readonly kind: string
  readonly cpuMilli: number
  readonly memoryMib: number
  /** What is left of each device, least first: devices of a node are alike. */
  readonly cards: readonly number[]
  readonly idleMilli: number
  readonly wholeCount: number
}

export function nodeState(left: Omit<NodeState, 'idleMilli' | 'wholeCount'>): NodeState {
  let idleMilli = 0
  let wholeCount = 0
  for (const card of left.cards) {
    idleMilli += card
    if (card === WHOLE) wholeCount++
  }
  const { model, kind, cpuMilli, memoryMib, cards } = left
  return { model, kind, cpuMilli, memoryMib, cards, idleMilli, wholeCount }
}

export function stateKey({ kind, cpuMilli, memoryMib, cards }: NodeState): string {
  return `${kind},${cpuMilli},${memoryMib},${cards.join(',')}`
}

export function isShare(shape: Shape): boolean {
  return shape.gpuCount === 1 && shape.gpuMilli < WHOLE
}

export function fits(state: NodeState, shape: Shape): boolean {
  if (state.cpuMilli < shape.cpuMilli || state.memoryMib < shape.memoryMib) return false
  if (shape.gpuCount > 0) {
    if (isShare(shape)) {
      if ((state.cards.at(-1) ?? 0) < shape.gpuMilli) return false
    } else if (state.wholeCount < shape.gpuCount) return false
  }
  return shape.models === null || shape.models.has(state.model)
}

/** A share taken out of one card, with the cards kept in order. */
function cut(cards: readonly number[], index: number, milli: number): number[] {
  const left = cards.slice()
  const value = (left[index] ?? 0) - milli
  let at = index
  for (; at > 0 && (left[at - 1] ?? 0) > value; at--) left[at] = left[at - 1] ?? 0
  left[at] = value
  return left
}

/** Whole cards are the last ones; taken they become the first. */
function takeWhole(cards: readonly number[], count: number): number[] {
  const left = cards.slice(0, cards.length - count)
  for (let taken = 0; taken < count; taken++) left.unshift(0)
  return left
}

/** What is left when a shape is put there; a share goes on the card at the index. */
export function after(state: NodeState, shape: Shape, card: number): NodeState {
  const { gpuCount, gpuMilli } = shape
  const cards =
    gpuCount === 0
      ? state.cards
      : isShare(shape)
        ? cut(state.cards, card, gpuMilli)
        : takeWhole(state.cards, gpuCount)
  return nodeState({
    model: state.model,
    kind: state.kind,
    cpuMilli: state.cpuMilli - shape.cpuMilli,
    memoryMib: state.memoryMib - shape.memoryMib,
    cards,
  })
}

/** The cards that a share may go on, each once of those with the same left; one entry of -1 for all other shapes. */
export function cardsFor(state: NodeState, shape: Shape): readonly number[] {
  if (!isShare(shape)) return [-1]
  const indexes: number[] = []
  state.cards.forEach((left, index) => {
    if (left >= shape.gpuMilli && left !== state.cards[index - 1]) indexes.push(index)
  })
  return indexes
}
