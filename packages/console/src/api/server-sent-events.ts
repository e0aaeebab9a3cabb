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

function takeLine(draft: Draft, line: string): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const field = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (field === 'id') draft.id = value
  else if (field === 'event') draft.type = value
  else if (field === 'data') draft.data.push(value)
}

/** Yields events as they arrive, and `null` for each sign of life (a comment line) between them. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent | null> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    .getReader()
  let rest = ''
  let draft = emptyDraft()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith(':')) yield null
        if (line !== '') takeLine(draft, line)
        else if (draft.data.length > 0) {
          yield { id: draft.id, type: draft.type, data: draft.data.join('\n') }
          draft = emptyDraft()
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {
      // The connection is gone already; there is nothing left to release.
    })
  }
}
