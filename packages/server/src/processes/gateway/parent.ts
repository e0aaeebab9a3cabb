/** What the gateway process and its parent say to each other over IPC. The parent's end is the end of the gateway. */

export type ToParent =
  /** Listening: requests are served. */
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'port_taken'; readonly port: number; readonly message: string }
  /** Cannot start or go on; the process ends. */
  | { readonly type: 'failed'; readonly message: string }
  /** Every two seconds: text exposition lines, and the keys that were used since the last time. */
  | { readonly type: 'metrics'; readonly text: string; readonly apiKeysUsed: readonly string[] }
  /** Whether usage can be recorded; while it cannot, new work is refused. */
  | { readonly type: 'recording'; readonly isRecording: boolean; readonly message: string }

export interface Parent {
  tell(message: ToParent): void
  /** Called once, when the parent is gone or asks for the end. */
  onEnd(listener: (why: string) => void): void
}

/** Where there is no parent, as in a terminal, words go nowhere and only signals end the process. */
export function connectParent(host: NodeJS.Process): Parent {
  return {
    tell: (message) => {
      // A parent that just died is noticed by the disconnect, not here.
      if (host.connected) host.send?.(message, undefined, undefined, () => undefined)
    },
    onEnd: (listener) => {
      let hasEnded = false
      const end = (why: string) => () => {
        if (!hasEnded) listener(why)
        hasEnded = true
      }
      host.on('disconnect', end('the parent is gone'))
      host.on('SIGTERM', end('SIGTERM'))
      host.on('SIGINT', end('SIGINT'))
    },
  }
}
