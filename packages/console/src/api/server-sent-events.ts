/** Reads a server-sent event stream from a response body. Knows the format, not what the events mean. */

export interface ServerSentEvent {
  readonly id: string | null
  readonly type: string
  readonly data: string
}

interface Draft {
  id: string | null
  type: string
  data: string[]
}

const emptyDraft = (): Draft => ({ id: null, type: 'message', data: [] })

function takeField(draft: Draft, line: string): void {
  const colon = line.indexOf(':')
  const field = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (field === 'id') draft.id = value
  else if (field === 'event') draft.type = value
  else if (field === 'data') draft.data.push(value)
}

/** Takes text in any pieces, and answers what is complete. */
function createReader(): (text: string) => (ServerSentEvent | null)[] {
  let rest = ''
  let draft = emptyDraft()
  const takeLine = (line: string): (ServerSentEvent | null)[] => {
    if (line.startsWith(':')) return [null]
    if (line !== '') {
      takeField(draft, line)
      return []
    }
    const { id, type, data } = draft
    draft = emptyDraft()
    return data.length > 0 || id !== null ? [{ id, type, data: data.join('\n') }] : []
  }
  return (text) => {
    // A carriage return at the very end may be the first half of a line break.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    return lines.flatMap(takeLine)
  }
}

/**
 * Yields events as they arrive, and `null` for each sign of life (a comment line) between them. An event that only
 * tells a position has empty data.
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent | null> {
  const decoder = new TextDecoder()
  const take = createReader()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield* take(decoder.decode(value, { stream: true }))
    }
  } finally {
    await reader.cancel().catch(() => {
      // The connection is gone already; there is nothing left to release.
    })
  }
}
