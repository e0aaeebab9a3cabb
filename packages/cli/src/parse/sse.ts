/** Reads a server-sent event stream. Incremental and pure: bytes may arrive cut anywhere. Knows nothing of the data. */

export interface ServerSentEvent {
  readonly event: string
  readonly data: string
  readonly id: string | null
}

export interface SseParser {
  /** Takes the next text and returns the events it completed. */
  readonly push: (text: string) => readonly ServerSentEvent[]
}

/** An event ends at an empty line; one that the stream cuts off is dropped, as the standard wants it. */
export function createSseParser(): SseParser {
  let rest = ''
  let fields = noFields()
  return {
    push: (text) => {
      const { lines, remaining } = splitLines(rest + text)
      rest = remaining
      const events: ServerSentEvent[] = []
      for (const line of lines) {
        if (line !== '') {
          addField(fields, line)
          continue
        }
        if (fields.data.length > 0)
          events.push({ event: fields.event, data: fields.data.join('\n'), id: fields.id })
        fields = noFields()
      }
      return events
    },
  }
}

/** The events of a response as they arrive. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array> | null,
): AsyncGenerator<ServerSentEvent> {
  if (body === null) return
  const parser = createSseParser()
  const decoder = new TextDecoder()
  for await (const chunk of body) yield* parser.push(decoder.decode(chunk, { stream: true }))
}

interface Fields {
  event: string
  data: string[]
  id: string | null
}

function noFields(): Fields {
  return { event: 'message', data: [], id: null }
}

function addField(fields: Fields, line: string): void {
  const colon = line.indexOf(':')
  if (colon === 0) return // A comment, sent to keep the connection open.
  const name = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (name === 'data') fields.data.push(value)
  if (name === 'event') fields.event = value
  if (name === 'id') fields.id = value
}

/** Lines end with CR LF, LF or CR; a CR at the very end waits, since its LF may still come. */
function splitLines(text: string): { lines: string[]; remaining: string } {
  const lines = text.split(/\r\n|\n|\r(?!$)/)
  const remaining = lines.pop() ?? ''
  return { lines, remaining }
}
