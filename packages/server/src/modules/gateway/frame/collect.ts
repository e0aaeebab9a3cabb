/** Puts the events of an answer together again, by choice, for dialects that answer in one piece. Pure. */
import { isObject } from '../json.ts'
import type { AnswerEvent, FinishReason } from './answer-event.ts'

export interface CollectedCall {
  id: string
  name: string
  /** Its arguments, as JSON. */
  text: string
}

export interface CollectedChoice {
  readonly index: number
  text: string
  /** Of each token of the text, where the server told them. */
  readonly logprobs: unknown[]
  reasoning: string
  signature: string | null
  refusal: string
  readonly calls: CollectedCall[]
  finish: FinishReason
  stopSequence: string | null
}

function open(index: number): CollectedChoice {
  return {
    index,
    text: '',
    logprobs: [],
    reasoning: '',
    signature: null,
    refusal: '',
    calls: [],
    finish: 'stop',
    stopSequence: null,
  }
}

function addCall(
  calls: CollectedCall[],
  { index, id, name, text }: Extract<AnswerEvent, { readonly kind: 'tool_call' }>,
): void {
  const call = (calls[index] ??= { id: '', name: '', text: '' })
  call.id ||= id ?? ''
  call.name += name ?? ''
  call.text += text
}

function take(choice: CollectedChoice, event: AnswerEvent): void {
  if (event.kind === 'text') {
    choice.text += event.text
    const content = isObject(event.logprobs) ? event.logprobs['content'] : undefined
    if (Array.isArray(content)) choice.logprobs.push(...(content as readonly unknown[]))
  }
  if (event.kind === 'refusal') choice.refusal += event.text
  if (event.kind === 'tool_call') addCall(choice.calls, event)
  if (event.kind === 'reasoning') {
    choice.reasoning += event.text
    choice.signature = event.signature ?? choice.signature
  }
  if (event.kind === 'finish') {
    choice.finish = event.reason
    choice.stopSequence = event.stopSequence ?? null
  }
}

/** The choices of an answer, in order; one at least. */
export function collect(events: readonly AnswerEvent[]): readonly CollectedChoice[] {
  const choices = new Map<number, CollectedChoice>([[0, open(0)]])
  for (const event of events) {
    if (event.kind === 'usage') continue
    const choice = choices.get(event.choice) ?? open(event.choice)
    choices.set(event.choice, choice)
    take(choice, event)
  }
  return [...choices.values()]
    .toSorted((a, b) => a.index - b.index)
    .map((choice) => ({ ...choice, calls: choice.calls.filter(Boolean) }))
}
