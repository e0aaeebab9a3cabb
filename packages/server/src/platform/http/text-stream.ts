/** Text that is made piece by piece, as a stream: no piece is made before the reader has taken the one before. */

/** A failure ends the stream without a word: readers of such streams come back with their position. */
export function toStream(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await texts.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      } catch {
        // The database is away. The client comes back with its position and misses nothing.
        controller.close()
      }
    },
    cancel: async () => {
      await texts.return(undefined)
    },
  })
}
