/** What everything else stands on: data folder, clock, log, secrets, database. */
import { type IdSource, idSource } from '#kernel/ids.ts'
import { type RunningClock, startClock } from '#platform/clock/index.ts'
import { thisMachine } from '#platform/clock/machine.ts'
import { type DataFolder, openDataFolder } from '#platform/db/data-folder.ts'
import { type Database, openDatabase } from '#platform/db/database.ts'
import { createLog, type Logger } from '#platform/telemetry/log.ts'
import type { Config } from '../config.ts'
import { startDatabase, type StartedDatabase } from './database-start.ts'
import { checkPort } from './port-check.ts'
import type { Progress } from './progress.ts'
import { readOrMakePepper } from './secrets.ts'

export interface Ground {
  readonly folder: DataFolder
  readonly clock: RunningClock
  readonly bootId: string
  readonly log: Logger
  readonly pepper: string
  readonly ids: IdSource
  readonly server: StartedDatabase
  readonly database: Database
  readonly now: () => Date
  /** Trusted time of a monotonic instant; null when it was counted from another boot. */
  readonly instantOf: (bootId: string, monotonicMs: number) => Date | null
  /** Ends what was started here. */
  readonly end: () => Promise<void>
}

const POOL_MAX = 12

/** Throws a `StartFailure` or a `StartRefused`, whose message says what to do; then nothing is left running. */
export async function layGround(config: Config, progress: Progress): Promise<Ground> {
  const folder = await openDataFolder(config.dataDir)
  try {
    await checkPort(config.port)
    const pepper = readOrMakePepper(config.dataDir)
    const log = createLog({ dataDir: config.dataDir, level: config.logLevel, isFirst: true })
    const clock = startClock({
      dataDir: config.dataDir,
      onSaveFailed: (error) =>
        log.error({ err: error }, 'cannot save the clock; a reboot now could lose time'),
    })
    const server = await startDatabase(config, progress, log)
    const { bootId } = thisMachine()
    const database = openDatabase(server.url, { poolMax: POOL_MAX })
    return {
      folder,
      clock,
      bootId,
      log,
      pepper,
      ids: idSource(() => clock.now().getTime()),
      server,
      database,
      now: clock.now,
      instantOf: (boot, monotonicMs) => (boot === bootId ? clock.atMonotonic(monotonicMs) : null),
      end: async () => {
        await database.destroy()
        await server.stop()
        clock.stop()
        folder.release()
      },
    }
  } catch (error) {
    folder.release()
    throw error
  }
}
