/** Chunks of a chat completion on their way from a server of the same dialect: untouched where they may be. */
import type { Quantities } from '../../charge.ts'
import type { StreamEvent } from '../../event-stream.ts'
import type { Passage, Passed } from '../../frame/dialect.ts'
import { type Chunk, readChunk } from '../../providers/openai/chunk.ts'
import { renderUsage } from './usage.ts'

export interface ChatPassageOptions {
  /** The name the client asked for; what the server calls itself is not shown. */
  readonly model: string
  readonly isRenamed: boolean
  readonly wantsUsage: boolean
  readonly wantsContinuousUsage: boolean
  /** The tier that is charged, where one was asked for. */
  readonly tier?: string | undefined
  /** Where a choice has its text. */
  readonly field?: 'delta' | 'text'
}

export const DONE = 'data: [DONE]\n\n'

export class ChatPassage implements Passage {
  readonly #options: ChatPassageOptions
  #isUsageShown = false
  #last: Chunk | null = null

  constructor(options: ChatPassageOptions) {
    this.#options = options
  }

  take({ data, type }: StreamEvent): Passed {
    const reading = readChunk(data, type, this.#options.field)
    if (reading.kind !== 'chunk') return reading
    this.#last = reading
    const text = this.#render(reading, data)
    return { kind: 'passed', text, delivery: reading, finishes: reading.finishes }
  }

  ending(used: Quantities): string {
    if (!this.#options.wantsUsage || this.#isUsageShown || this.#last === null) return DONE
    const { id, object, created } = this.#last.json
    const usage = renderUsage(used)
    const { model, tier } = this.#options
    const told = tier === undefined ? {} : { service_tier: tier }
    const chunk = { id, object, created, model, ...told, choices: [], usage }
    return `data: ${JSON.stringify(chunk)}\n\n${DONE}`
  }

  #render(chunk: Chunk, data: string): string {
    const { wantsUsage, wantsContinuousUsage, isRenamed, model, tier } = this.#options
    if (chunk.isUsageOnly && !wantsUsage) return ''
    if (chunk.isUsageOnly) this.#isUsageShown = true
    const hidesUsage = 'usage' in chunk.json && !wantsContinuousUsage && !chunk.isUsageOnly
    if (!hidesUsage && !isRenamed && tier === undefined && !data.includes('\n'))
      return `data: ${data}\n\n`
    const json = { ...chunk.json }
    if (isRenamed) json['model'] = model
    if (tier !== undefined) json['service_tier'] = tier
    if (hidesUsage && wantsUsage) json['usage'] = null
    else if (hidesUsage) delete json['usage']
    return `data: ${JSON.stringify(json)}\n\n`
  }
}
