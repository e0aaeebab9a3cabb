/** What the gateway process and its parent say to each other over IPC. The parent's end is the end of the gateway. */

export type ToParent =
  /** Listening: requests are served. */
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'port_taken'; readonly port: number; readonly code: string }
  /** Cannot start; the process ends. */
  | { readonly type: 'failed'; readonly message: string }
  /** Every two seconds: text exposition lines, and the keys that were used since the last time. */
  | { readonly type: 'metrics'; readonly text: string; readonly apiKeysUsed: readonly string[] }
  /** Whether usage can be recorded; while it cannot, new work is refused. */
  | { readonly type: 'recording'; readonly isRecording: boolean; readonly message: string }

/** Why a gateway ends: its parent died, somebody asked, or a defect left it in a state that nobody knows. */
export type EndReason = 'parent_gone' | 'asked' | 'defect'

export interface Parent {
  /** Resolves once the words have left, or cannot. */
  tell(message: ToParent): Promise<void>
  /** Resolves once. */
  readonly end: Promise<EndReason>
  /** Ends this process as after a defect: its parent starts another. */
  giveUp(): void
}

/** Where there is no parent, as in a terminal, words go nowhere and only signals end the process. */
export function connectParent(host: NodeJS.Process): Parent {
  const { promise, resolve } = Promise.withResolvers<EndReason>()
  host.on('disconnect', () => resolve('parent_gone'))
  host.on('SIGTERM', () => resolve('asked'))
  host.on('SIGINT', () => resolve('asked'))
  // Where nobody reads any more, a word that cannot be said must not become the next failure to tell of, for ever.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => undefined)
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    host.on(event, (failure: unknown) => {
      const text = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
      host.stderr.write(`gateway: ${event}: ${text}\n`)
      resolve('defect')
    })
  return {
    tell: (message) =>
      new Promise((done) => {
        // A parent that just died is noticed by the disconnect, not here.
        if (host.connected) host.send?.(message, undefined, undefined, () => done())
        else done()
      }),
    end: promise,
    giveUp: () => resolve('defect'),
  }
}
