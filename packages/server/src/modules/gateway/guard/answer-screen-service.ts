/** The events of one answer, screened text by text: each choice's words, reasoning and calls by themselves. Pure state. */
import { type Guards, type Screen, StreamScreen } from '#modules/guardrail/index.ts'
import type { AnswerEvent } from '../frame/answer-event.ts'

type TextEvent = Exclude<AnswerEvent, { readonly kind: 'finish' | 'usage' }>

interface Channel {
  readonly screen: StreamScreen
  /** What its text goes on as. */
  readonly last: TextEvent
}

/** Where a piece of text belongs. */
function keyOf(event: TextEvent): string {
  return `${event.choice} ${event.kind} ${event.kind === 'tool_call' ? event.index : ''}`
}

/** What is rewritten is not what the server weighed or signed. */
function retext(event: TextEvent, text: string): TextEvent {
  if (event.kind !== 'text' || !('logprobs' in event)) return { ...event, text }
  const { logprobs: _, ...rest } = event
  return { ...rest, text }
}

export class AnswerScreen {
  readonly #guards: Guards
  readonly #screen: Screen
  readonly #channels = new Map<string, Channel>()
  readonly #choices = new Set<number>([0])

  constructor(guards: Guards, screen: Screen) {
    this.#guards = guards
    this.#screen = screen
  }

  /** Whether a guardrail has ended the answer. */
  get isBlocked(): boolean {
    return this.#screen.isBlocked
  }

  take(events: readonly AnswerEvent[]): readonly AnswerEvent[] {
    if (this.isBlocked) return []
    const going = events.flatMap((event) => this.#takeOne(event))
    return this.isBlocked ? this.#block(going) : going
  }

  /** No more comes: what was kept back, screened. */
  end(): readonly AnswerEvent[] {
    if (this.isBlocked) return []
    const going = this.#flush(null)
    return this.isBlocked ? this.#block(going) : going
  }

  #takeOne(event: AnswerEvent): readonly AnswerEvent[] {
    if (event.kind === 'usage') return [event]
    this.#choices.add(event.choice)
    if (event.kind === 'finish') return [...this.#flush(event.choice), event]
    const text = this.#channelOf(event).push(event.text)
    const hasMore =
      (event.kind === 'tool_call' && (event.id !== null || event.name !== null)) ||
      (event.kind === 'reasoning' && event.signature !== undefined)
    return text === '' && !hasMore ? [] : [retext(event, text)]
  }

  #channelOf(event: TextEvent): StreamScreen {
    const key = keyOf(event)
    const screen = this.#channels.get(key)?.screen ?? new StreamScreen(this.#guards, this.#screen)
    this.#channels.set(key, { screen, last: event })
    return screen
  }

  /** What is kept back of a choice, or of all. */
  #flush(choice: number | null): readonly AnswerEvent[] {
    const going: AnswerEvent[] = []
    for (const [key, { screen, last }] of this.#channels) {
      if (choice !== null && last.choice !== choice) continue
      this.#channels.delete(key)
      const text = screen.end()
      if (text === '') continue
      const rest = last.kind === 'tool_call' ? { ...last, id: null, name: null } : last
      going.push(retext(rest, text))
    }
    return going
  }

  /** What was found first may stand beside texts that are sound, but an answer that is blocked goes no further at all. */
  #block(going: readonly AnswerEvent[]): readonly AnswerEvent[] {
    const usage = going.filter(({ kind }) => kind === 'usage')
    const finishes = [...this.#choices].map(
      (choice) => ({ kind: 'finish', choice, reason: 'content_filter' }) as const,
    )
    return [...usage, ...finishes]
  }
}
