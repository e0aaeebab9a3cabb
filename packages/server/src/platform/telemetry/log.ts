/** The log: one line of JSON an event, to a file in the data folder and to the terminal from a level on. */
import { join } from 'node:path'
import { type Logger, multistream, pino } from 'pino'
import { openLogFile, setAsideLarge } from './log-file.ts'
import { renderTerminalLine } from './terminal-line.ts'

export type { Logger } from 'pino'

/** Fields that may hold secrets, wherever they stand. */
const REDACTED = [
  '*.authorization',
  '*.cookie',
  '*.environment',
  '*.secretEnvironment',
  '*.sealed',
  '*.pepper',
  '*.databaseUrl',
  '*.secret',
]

/** People get lines that they can read; programs get what the file gets. */
function terminal(): { write: (line: string) => void } {
  const { stderr } = process
  if (!stderr.isTTY) return stderr
  return { write: (line) => void stderr.write(renderTerminalLine(line)) }
}

interface LogOptions {
  readonly dataDir: string
  readonly level: string
  /** The first of the processes that share the file; it may begin a new one. */
  readonly isFirst?: boolean
}

export function createLog(options: LogOptions): Logger {
  const path = join(options.dataDir, 'server.log')
  if (options.isFirst === true) setAsideLarge(path)
  const file = openLogFile(path)
  process.once('exit', file.close)
  const streams = multistream([
    { level: 'info', stream: file },
    { level: options.level as 'info', stream: terminal() },
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
