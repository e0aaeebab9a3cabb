/** The log: one line of JSON an event, to a file in the data folder and to the terminal from a level on. */
import { join } from 'node:path'
import { type Logger, multistream, pino } from 'pino'

export type { Logger } from 'pino'

/** Fields that may hold secrets, wherever they stand. */
const REDACTED = [
  '*.authorization',
  '*.cookie',
  '*.environment',
  '*.pepper',
  '*.databaseUrl',
  '*.secret',
]

export function createLog(options: { readonly dataDir: string; readonly level: string }): Logger {
  const file = pino.destination({
    dest: join(options.dataDir, 'server.log'),
    mkdir: true,
    sync: false,
  })
  const streams = multistream([
    { level: 'info', stream: file },
    { level: options.level as 'info', stream: process.stderr },
  ])
  return pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACTED, censor: '[secret]' },
    },
    streams,
  )
}
