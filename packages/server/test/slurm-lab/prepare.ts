/** What daemons of a lab need before their first start: a key for munge, and an empty database for accounting. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LabPlan } from './configuration.ts'

const MUNGE_KEY_BYTES = 1024
const INSTALL_TIMEOUT_MS = 60_000

/** Written for nobody else to read, before there is anything in it. */
export async function writeSecret(path: string, content: string | Buffer): Promise<void> {
  await writeFile(path, '', { mode: 0o600 })
  await chmod(path, 0o600)
  await writeFile(path, content)
}

export async function prepareMunge(directory: string): Promise<void> {
  await writeSecret(join(directory, 'munge/key'), randomBytes(MUNGE_KEY_BYTES))
}

export async function prepareDatabase({ directory, user }: LabPlan): Promise<void> {
  const words = [
    '--no-defaults',
    `--user=${user}`,
    `--datadir=${directory}/db`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]
  await promisify(execFile)('mariadb-install-db', words, { timeout: INSTALL_TIMEOUT_MS })
  const statements = [
    'CREATE DATABASE IF NOT EXISTS slurm_acct;',
    "CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY 'lab';",
    "CREATE USER IF NOT EXISTS 'slurm'@'localhost' IDENTIFIED BY 'lab';",
    "GRANT ALL ON slurm_acct.* TO 'slurm'@'127.0.0.1';",
    "GRANT ALL ON slurm_acct.* TO 'slurm'@'localhost';",
  ]
  await writeSecret(join(directory, 'etc/init.sql'), `${statements.join('\n')}\n`)
}
