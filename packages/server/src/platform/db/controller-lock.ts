/**
 * One active controller: whoever holds this advisory lock, in a session of its own, until that session ends. The
 * others keep asking. A holder whose session breaks is told at once and must stop deciding; `confirmController`
 * makes that certain inside a transaction.
 */
import { type Kysely, sql } from 'kysely'
import type pg from 'pg'
import { type Dedicated, keepConnected } from './dedicated-connection.ts'

/** A number of our own. */
const LOCK_KEY = 4510_0002
const ASK_EVERY_MS = 500

export interface ControllerLockOptions {
  readonly url: string
  /** We are the controller now. `session` is for `confirmController`. */
  readonly gained: (session: ControllerSession) => void
  /** We are not any more; somebody else may be. */
  readonly lost: () => void
}

/** The database's name for the session that holds the lock. */
export interface ControllerSession {
  readonly backendPid: number
}

/** Contends for the lock until `close()`, which gives it up. */
export function contendForController(options: ControllerLockOptions): Dedicated {
  let isHeld = false
  let asking: NodeJS.Timeout | null = null
  return keepConnected({
    url: options.url,
    applicationName: 'spillway-controller-lock',
    opened: async (client) => {
      const ask = async () => {
        if (isHeld) return
        const session = await tryLock(client)
        if (session === null) return
        isHeld = true
        options.gained(session)
      }
      await ask()
      // A question that fails is a broken connection, which is dealt with where it is held.
      asking = setInterval(() => void ask().catch(() => undefined), ASK_EVERY_MS)
    },
    lost: () => {
      if (asking) clearInterval(asking)
      if (isHeld) options.lost()
      isHeld = false
    },
  })
}

async function tryLock(client: pg.Client): Promise<ControllerSession | null> {
  const { rows } = await client.query<{ got: boolean; pid: number }>(
    'SELECT pg_try_advisory_lock($1) AS got, pg_backend_pid() AS pid',
    [LOCK_KEY],
  )
  return rows[0]?.got ? { backendPid: rows[0].pid } : null
}

/** Whether that session still holds the lock. Asked in the transaction that writes, it fences off a former holder. */
export async function confirmController<Any>(
  db: Kysely<Any>,
  session: ControllerSession,
): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = ${session.backendPid}
      AND classid = 0 AND objid = ${LOCK_KEY} AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  ) AS held`.execute(db)
  return rows[0]?.held ?? false
}
