/** Gets a database that is ready: the embedded one, or the one that DATABASE_URL names; migrated either way. */
import type { Logger } from 'pino'
import { type EmbeddedEvent, startEmbedded } from '#platform/db/embedded/index.ts'
import { migrate } from '#platform/db/migrate.ts'
import type { Config } from '../config.ts'
import type { Progress } from './progress.ts'

export interface StartedDatabase {
  readonly url: string
  /** Stops the embedded server; does nothing to one that is not ours. */
  readonly stop: () => Promise<void>
}

const WORDS = {
  initialising: 'making its files',
  starting: 'starting',
  adopting: 'still running, adopted',
}

/** What happens to PostgreSQL after the start, in words for whoever has to mend it. */
function sayOf(event: EmbeddedEvent, log: Logger): void {
  if (event.kind === 'died')
    log.error(
      { pid: event.pid },
      'PostgreSQL has died; starting it again. Usage waits in the journal',
    )
  else if (event.kind === 'restarted') log.warn({ pid: event.pid }, 'PostgreSQL runs again')
  else {
    const { failure, retryInMs } = event
    log.error({ err: failure, retryInMs }, 'PostgreSQL cannot be started; it is tried again')
  }
}

async function embedded(config: Config, progress: Progress, log: Logger): Promise<StartedDatabase> {
  const step = progress.begin('PostgreSQL 18')
  const server = await startEmbedded({
    dataDir: config.dataDir,
    onProgress: (phase) => step.note(WORDS[phase]),
    onEvent: (event) => sayOf(event, log),
  })
  step.done(server.isAdopted ? 'adopted' : '')
  return { url: server.url, stop: () => server.stop() }
}

export async function startDatabase(
  config: Config,
  progress: Progress,
  log: Logger,
): Promise<StartedDatabase> {
  const started =
    config.databaseUrl === null
      ? await embedded(config, progress, log)
      : { url: config.databaseUrl, stop: async () => undefined }
  try {
    const step = progress.begin('Database schema')
    const applied = await migrate(started.url, { onProgress: (name) => step.note(name) })
    step.done(applied.length === 0 ? 'up to date' : `migrations applied: ${applied.length}`)
    return started
  } catch (error) {
    await started.stop()
    throw error
  }
}
