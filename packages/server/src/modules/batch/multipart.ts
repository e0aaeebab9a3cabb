/**
 * A form with a file in it, as clients and browsers send one (multipart/form-data), read as it comes: no more of it is
 * kept than may be the beginning of a boundary. Pure state.
 */

export type FormEvent =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | { readonly kind: 'file'; readonly field: string; readonly name: string }
  /** More of the file that was named last. */
  | { readonly kind: 'content'; readonly bytes: Buffer }
  /** Nothing that follows belongs to the form. */
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly why: string }

const BOUNDARY =
  /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,200})"|([^;\s"]{1,200}))/i
const HEADERS_BYTES_MAX = 16 * 1024
const FIELD_BYTES_MAX = 64 * 1024
const LINE_END = Buffer.from('\r\n')
const HEADERS_END = Buffer.from('\r\n\r\n')

/** What separates the parts; null where the content is no such form. */
export function readBoundary(contentType: string | undefined): string | null {
  const found = BOUNDARY.exec(contentType ?? '')
  return found?.[1] ?? found?.[2] ?? null
}

interface Part {
  readonly field: string
  readonly fileName: string | null
}

/** Names are in quotes, in which clients write a quote as %22. */
function readPart(headers: string): Part | null {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1]
  if (disposition === undefined) return null
  const [, field] = /(?:^|;)\s*name="([^"]*)"/i.exec(disposition) ?? []
  const [, fileName] = /(?:^|;)\s*filename="([^"]*)"/i.exec(disposition) ?? []
  if (field === undefined) return null
  return { field, fileName: fileName?.replaceAll('%22', '"') ?? null }
}

export class FormReader {
  readonly #delimiter: Buffer
  // The first boundary has no line before it; with one, all are alike.
  #rest: Buffer = LINE_END
  #place: 'before' | 'after_boundary' | 'headers' | 'body' | 'over' = 'before'
  #part: Part | null = null
  #value: Buffer[] = []
  #valueBytes = 0

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  get isOver(): boolean {
    return this.#place === 'over'
  }

  push(chunk: Buffer): FormEvent[] {
    if (this.isOver) return []
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const events: FormEvent[] = []
    while (this.#step(events));
    return events
  }

  /** Whether there was something to do with what is there. */
  #step(events: FormEvent[]): boolean {
    switch (this.#place) {
      case 'before':
      case 'body':
        return this.#passContent(events)
      case 'after_boundary':
        return this.#passBoundary(events)
      case 'headers':
        return this.#passHeaders(events)
      case 'over':
        return false
    }
  }

  #passContent(events: FormEvent[]): boolean {
    const at = this.#rest.indexOf(this.#delimiter)
    const kept = this.#delimiter.length - 1
    const content = this.#take(at < 0 ? Math.max(0, this.#rest.length - kept) : at)
    if (this.#place === 'body' && content.length > 0 && !this.#note(content, events)) return false
    if (at < 0) return false
    this.#take(this.#delimiter.length)
    if (this.#place === 'body') this.#endPart(events)
    this.#place = 'after_boundary'
    return true
  }

  #note(content: Buffer, events: FormEvent[]): boolean {
    if ((this.#part?.fileName ?? null) !== null) {
      events.push({ kind: 'content', bytes: content })
      return true
    }
    this.#valueBytes += content.length
    if (this.#valueBytes > FIELD_BYTES_MAX) return this.#break(events, 'a field is too long')
    this.#value.push(content)
    return true
  }

  #endPart(events: FormEvent[]): void {
    if (this.#part?.fileName === null) {
      const value = Buffer.concat(this.#value).toString()
      events.push({ kind: 'field', name: this.#part.field, value })
    }
    this.#part = null
    this.#value = []
    this.#valueBytes = 0
  }

  #passBoundary(events: FormEvent[]): boolean {
    if (this.#rest.length < 2) return false
    const next = this.#take(2).toString('latin1')
    if (next === '--') {
      this.#place = 'over'
      events.push({ kind: 'end' })
      return false
    }
    if (next !== '\r\n') return this.#break(events, 'a boundary is not the end of its line')
    // Headers may be none: then their end is the line's.
    this.#rest = Buffer.concat([LINE_END, this.#rest])
    this.#place = 'headers'
    return true
  }

  #passHeaders(events: FormEvent[]): boolean {
    const at = this.#rest.indexOf(HEADERS_END)
    if (at < 0)
      return this.#rest.length > HEADERS_BYTES_MAX
        ? this.#break(events, 'the headers of a part are too long')
        : false
    const headers = this.#take(at).toString()
    this.#take(HEADERS_END.length)
    this.#part = readPart(headers)
    if (this.#part === null) return this.#break(events, 'a part has no name')
    const { field, fileName } = this.#part
    if (fileName !== null) events.push({ kind: 'file', field, name: fileName })
    // An empty content is followed by its boundary at once.
    this.#place = 'body'
    return true
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  #break(events: FormEvent[], why: string): false {
    events.push({ kind: 'broken', why })
    this.#place = 'over'
    return false
  }
}
