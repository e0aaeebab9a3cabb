/**
 * The output of a response while it grows: items, their parts, and the events that tell of each change. A whole answer
 * goes through the same, so that it cannot differ from a streamed one. Pure state.
 */
import type { AnswerEvent, FinishReason } from '../../frame/answer-event.ts'
import type { Json } from '../../frame/dialect.ts'
import { isObject, parseJson } from '../../json.ts'

/** Writes one event; it numbers them. */
type Emit = (type: string, fields: Json) => string

type PartKind = 'output_text' | 'refusal' | 'reasoning_text' | 'summary_text'

interface Part {
  readonly kind: PartKind
  text: string
  readonly logprobs: unknown[]
}

interface Item {
  readonly kind: 'message' | 'reasoning' | 'function_call'
  readonly index: number
  readonly id: string
  readonly parts: Part[]
  readonly call: { readonly id: string; readonly name: string; text: string } | null
  signature: string | null
  status: 'in_progress' | 'completed' | 'incomplete'
}

type Piece = Exclude<AnswerEvent, { readonly kind: 'usage' | 'finish' }>
type Call = Extract<Piece, { readonly kind: 'tool_call' }>

/** How the events of each kind of part are called, and where it stands in its item. */
const PARTS = {
  output_text: {
    name: 'response.output_text',
    part: 'response.content_part',
    text: 'text',
    at: 'content_index',
  },
  refusal: {
    name: 'response.refusal',
    part: 'response.content_part',
    text: 'refusal',
    at: 'content_index',
  },
  reasoning_text: {
    name: 'response.reasoning_text',
    part: 'response.content_part',
    text: 'text',
    at: 'content_index',
  },
  summary_text: {
    name: 'response.reasoning_summary_text',
    part: 'response.reasoning_summary_part',
    text: 'text',
    at: 'summary_index',
  },
} as const

const PREFIXES = { message: 'msg', reasoning: 'rs', function_call: 'fc' } as const

function renderPart({ kind, text, logprobs }: Part): Json {
  if (kind === 'output_text') return { type: kind, text, annotations: [], logprobs }
  return { type: kind, [PARTS[kind].text]: text }
}

function renderItem({ kind, id, status, parts, call, signature }: Item): Json {
  if (call !== null)
    return { id, type: kind, status, call_id: call.id, name: call.name, arguments: call.text }
  if (kind === 'message')
    return { id, type: kind, status, role: 'assistant', content: parts.map(renderPart) }
  const isSummary = parts.some((part) => part.kind === 'summary_text')
  const told = parts.map(renderPart)
  return {
    id,
    type: kind,
    summary: isSummary ? told : [],
    ...(isSummary ? {} : { content: told }),
    ...(signature === null ? {} : { encrypted_content: signature }),
    status,
  }
}

export interface OutputOptions {
  /** Makes the ids of items. */
  readonly id: string
  /** Whether reasoning is told as its summary, which the client asked for. */
  readonly isReasoningSummed: boolean
  readonly emit: Emit
}

export class Output {
  readonly #options: OutputOptions
  readonly #items: Item[] = []
  readonly #calls = new Map<number, Item>()
  /** What is said or reasoned right now. */
  #said: Item | null = null

  constructor(options: OutputOptions) {
    this.#options = options
  }

  render(): readonly Json[] {
    return this.#items.map(renderItem)
  }

  add(piece: Piece): string {
    return piece.kind === 'tool_call' ? this.#addCall(piece) : this.#addWords(piece)
  }

  /** Ends what is still open. */
  close(reason: FinishReason): string {
    const isWhole = reason !== 'length' && reason !== 'content_filter'
    return this.#items
      .map((item) => this.#leave(item, isWhole ? 'completed' : 'incomplete'))
      .join('')
  }

  /** What is still open stays as it is: it was broken off. */
  break(): void {
    for (const item of this.#items) if (item.status === 'in_progress') item.status = 'incomplete'
  }

  #addWords(piece: Exclude<Piece, Call>): string {
    const kind = piece.kind === 'reasoning' ? 'reasoning' : 'message'
    let text = ''
    if (this.#said?.kind !== kind) {
      text += this.#leaveSaid() + this.#leaveCalls()
      const opened = this.#open(kind, null)
      this.#said = opened.item
      text += opened.text
    }
    const item = this.#said
    if (piece.kind === 'reasoning') item.signature = piece.signature ?? item.signature
    if (piece.text === '') return text
    return text + this.#addText(item, this.#partKind(piece), piece)
  }

  #partKind({ kind }: Exclude<Piece, Call>): PartKind {
    if (kind === 'text') return 'output_text'
    if (kind === 'refusal') return 'refusal'
    return this.#options.isReasoningSummed ? 'summary_text' : 'reasoning_text'
  }

  #addText(item: Item, kind: PartKind, piece: Exclude<Piece, Call>): string {
    let text = ''
    let part = item.parts.at(-1)
    if (part?.kind !== kind) {
      text += this.#leavePart(item)
      part = { kind, text: '', logprobs: [] }
      item.parts.push(part)
      text += this.#emitPart(item, part, 'added')
    }
    part.text += piece.text
    const logprobs = piece.kind === 'text' ? logprobsOf(piece.logprobs) : []
    part.logprobs.push(...logprobs)
    const { name } = PARTS[kind]
    const told = kind === 'output_text' ? { logprobs } : {}
    return (
      text + this.#emit(`${name}.delta`, { ...this.#place(item, part), delta: piece.text, ...told })
    )
  }

  #addCall({ index, id, name, text: piece }: Call): string {
    let text = ''
    let item = this.#calls.get(index)
    if (!item) {
      text += this.#leaveSaid() + this.#leaveCalls()
      const opened = this.#open('function_call', {
        id: id ?? `call_${this.#options.id}_${index}`,
        name: name ?? '',
        text: '',
      })
      item = opened.item
      this.#calls.set(index, item)
      text += opened.text
    }
    // Arguments that were complete have ended their item; what follows them means nothing.
    if (piece === '' || item.call === null || item.status !== 'in_progress') return text
    item.call.text += piece
    return (
      text +
      this.#emit('response.function_call_arguments.delta', { ...this.#place(item), delta: piece })
    )
  }

  #open(kind: Item['kind'], call: Item['call']): { readonly item: Item; readonly text: string } {
    const index = this.#items.length
    const id = `${PREFIXES[kind]}_${this.#options.id}_${index}`
    const item: Item = { kind, index, id, parts: [], call, signature: null, status: 'in_progress' }
    this.#items.push(item)
    const fields = { output_index: index, item: renderItem(item) }
    return { item, text: this.#emit('response.output_item.added', fields) }
  }

  #leaveSaid(): string {
    const said = this.#said
    this.#said = null
    return said === null ? '' : this.#leave(said, 'completed')
  }

  /** Calls may come in pieces by turns, so that one ends only once its arguments are whole. */
  #leaveCalls(): string {
    return [...this.#calls.values()]
      .filter(({ call }) => call !== null && isObject(parseJson(call.text)))
      .map((item) => this.#leave(item, 'completed'))
      .join('')
  }

  #leave(item: Item, status: 'completed' | 'incomplete'): string {
    if (item.status !== 'in_progress') return ''
    let text = this.#leavePart(item)
    const { call } = item
    if (call !== null)
      text += this.#emit('response.function_call_arguments.done', {
        ...this.#place(item),
        name: call.name,
        arguments: call.text,
      })
    item.status = status
    const fields = { output_index: item.index, item: renderItem(item) }
    return text + this.#emit('response.output_item.done', fields)
  }

  #leavePart(item: Item): string {
    const part = item.parts.at(-1)
    if (!part) return ''
    const { name, text: field } = PARTS[part.kind]
    const told = part.kind === 'output_text' ? { logprobs: part.logprobs } : {}
    const fields = { ...this.#place(item, part), [field]: part.text, ...told }
    return this.#emit(`${name}.done`, fields) + this.#emitPart(item, part, 'done')
  }

  #emitPart(item: Item, part: Part, what: 'added' | 'done'): string {
    return this.#emit(`${PARTS[part.kind].part}.${what}`, {
      ...this.#place(item, part),
      // What it is when it begins is told before its first piece.
      part: renderPart(what === 'added' ? { ...part, text: '', logprobs: [] } : part),
    })
  }

  #place(item: Item, part?: Part): Json {
    const place = { item_id: item.id, output_index: item.index }
    return part ? { ...place, [PARTS[part.kind].at]: item.parts.indexOf(part) } : place
  }

  #emit(type: string, fields: Json): string {
    return this.#options.emit(type, fields)
  }
}

function logprobsOf(logprobs: unknown): readonly unknown[] {
  const content = isObject(logprobs) ? logprobs['content'] : undefined
  return Array.isArray(content) ? (content as readonly unknown[]) : []
}
