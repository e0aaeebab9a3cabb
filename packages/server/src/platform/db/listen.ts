/** Listening to `pg_notify` over a connection that comes back. Nothing that was sent while it was away is delivered. */
import pg from 'pg'
import { type Dedicated, keepConnected } from './dedicated-connection.ts'

export interface Listener {
  readonly notified: (channel: string, payload: string) => void
  /** After each connect, the first included: notifications may have been missed, so look for yourself. */
  readonly connected?: () => void
  readonly lost?: () => void
}

/** Listens until `close()`. */
export function listen(url: string, channels: readonly string[], listener: Listener): Dedicated {
  return keepConnected({
    url,
    applicationName: 'spillway-listen',
    opened: async (client) => {
      client.on('notification', ({ channel, payload }) => listener.notified(channel, payload ?? ''))
      for (const channel of channels) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
      listener.connected?.()
    },
    lost: () => listener.lost?.(),
  })
}
