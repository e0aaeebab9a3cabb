/** Follows a stream of events until Ctrl-C. Continues after a break where it stopped. Knows no event's meaning. */
import type { Call } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { parseJson } from '../parse/json.ts'
import { readEvents } from '../parse/sse.ts'
import { isAway } from '../transport.ts'

export interface LiveStream<Item> {
  /** Begin after this position instead of now. */
  readonly after?: string | undefined
  readonly open: (after: string | undefined, signal: AbortSignal) => Promise<Response>
  /** What a document of the stream says; null: it is none of these, such as a greeting. */
  readonly parse: (document: unknown) => Item | null
  readonly show: (item: Item) => Promise<void>
}

const RETRY_MS = 1000

/** Where the stream is to go on. */
interface Place {
  after: string | undefined
  isConnected: boolean
}

export async function followStream<Item>(
  call: Call<object>,
  stream: LiveStream<Item>,
): Promise<number> {
  const { surroundings, output } = call
  const stop = new AbortController()
  const stopListening = surroundings.onInterrupt(() => stop.abort())
  const place: Place = { after: stream.after, isConnected: false }
  try {
    for (;;) {
      await showUntilBreak(call, stream, { place, signal: stop.signal })
      if (stop.signal.aborted) return EXIT.detached
      output.progress('the connection is lost; waiting for the server')
      await surroundings.wait(RETRY_MS, stop.signal)
    }
  } finally {
    output.progress(null)
    stopListening()
  }
}

async function showUntilBreak<Item>(
  { output }: Call<object>,
  { open, parse, show }: LiveStream<Item>,
  { place, signal }: { readonly place: Place; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const response = await open(place.after, signal)
    output.progress(null)
    if (!place.isConnected) await output.note('Following; Ctrl-C ends it.')
    place.isConnected = true
    for await (const { id, data } of readEvents(response.body)) {
      const item = parse(parseJson(data))
      if (item !== null) await show(item)
      place.after = id ?? place.after
    }
  } catch (error) {
    // A stream that once flowed is waited for; one that never did is a failure.
    if (!signal.aborted && !(place.isConnected && isBreak(error))) throw error
  }
}

/** Node tells of a stream that broke in the middle by a bare TypeError. */
function isBreak(error: unknown): boolean {
  return isAway(error) || error instanceof TypeError
}
