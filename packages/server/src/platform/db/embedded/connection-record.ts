/**
 * The embedded server's port and passwords, kept in the data folder with mode 0600. The product works as the
 * ordinary role; the administrator's password serves only to prepare the database and to recognise the server.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { StartFailure } from '../start-failure.ts'
import { fitsSocket } from './settings.ts'

export interface ConnectionRecord {
  readonly port: number
  readonly password: string
  readonly administratorPassword: string
}

export const ROLE = 'spillway'
export const ADMINISTRATOR = 'postgres'

export function recordPath(dataDir: string): string {
  return join(dataDir, 'postgres.json')
}

/** Reads the record, or makes one with fresh passwords; the port is chosen at the start. */
export function readOrMakeRecord(dataDir: string): ConnectionRecord {
  const path = recordPath(dataDir)
  if (existsSync(path)) return parseRecord(path)
  const secret = () => randomBytes(24).toString('hex')
  const record = { port: 0, password: secret(), administratorPassword: secret() }
  writeRecord(dataDir, record)
  return record
}

export function writeRecord(dataDir: string, record: ConnectionRecord): void {
  const draft = `${recordPath(dataDir)}.new`
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(draft, recordPath(dataDir))
}

function parseRecord(path: string): ConnectionRecord {
  try {
    const { port, password, administratorPassword } = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof password === 'string' && typeof administratorPassword === 'string')
      return { port: Number(port), password, administratorPassword }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new StartFailure(
    'postgres_failed',
    `The file ${path}, which holds the database's passwords, is damaged. Restore it from a backup.`,
  )
}

/** Over the socket where there is one: it answers in about half the time of the loopback network. */
export function renderUrl(record: ConnectionRecord, socketFolder: string): string {
  return render(record, socketFolder, { role: ROLE, password: record.password, database: ROLE })
}

export function renderAdministratorUrl(record: ConnectionRecord, socketFolder: string): string {
  const password = record.administratorPassword
  return render(record, socketFolder, { role: ADMINISTRATOR, password, database: 'postgres' })
}

interface Login {
  readonly role: string
  readonly password: string
  readonly database: string
}

function render({ port }: ConnectionRecord, socketFolder: string, login: Login): string {
  const url = new URL(`postgresql://127.0.0.1:${port}/${login.database}`)
  url.username = login.role
  url.password = login.password
  if (fitsSocket(socketFolder)) url.searchParams.set('host', socketFolder)
  return url.href
}

/** The wanted port when it is free now, else any free one. */
export async function choosePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(null))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : null))
    })
  })
}
