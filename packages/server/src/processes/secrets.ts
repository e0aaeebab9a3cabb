/** The installation's own secrets and the credentials file, both readable by their owner only. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StartRefused } from './start-refused.ts'

const Secrets = z.object({ pepper: z.string().min(20) })

/** As in the stable interface: what people and programs on this machine sign in with. */
export const Credentials = z.object({
  url: z.string(),
  operator_token: z.string(),
  demo_api_key: z.string(),
})
export type Credentials = z.infer<typeof Credentials>

function writePrivately(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** Null when there is no file. Throws when it is not what we wrote. */
function readPrivately<T>(path: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(path)) return null
  return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

function readSecrets(path: string): z.infer<typeof Secrets> | null {
  try {
    return readPrivately(path, Secrets)
  } catch (cause) {
    throw new StartRefused(
      `The file ${path}, under whose secret every API key was hashed, is damaged or may not be read. Restore it from a backup; with another one no key works any more.`,
      { cause },
    )
  }
}

/**
 * Under which credentials are hashed; made at the first start, before there is a database. One that is missing later is
 * not made anew: every key in the database would be refused from then on.
 */
export function readOrMakePepper(dataDir: string): string {
  const path = join(dataDir, 'secrets.json')
  const known = readSecrets(path)
  if (known) return known.pepper
  if (existsSync(join(dataDir, 'postgres/cluster')))
    throw new StartRefused(
      `The file ${path}, under whose secret every API key was hashed, is missing beside a database that needs it. Restore it from a backup of the data folder.`,
    )
  const pepper = randomBytes(32).toString('base64url')
  writePrivately(path, { pepper })
  return pepper
}

/** The keys of an earlier start; null when there are none or the file is not what we wrote. */
export function readCredentials(dataDir: string): Credentials | null {
  try {
    return readPrivately(join(dataDir, 'credentials.json'), Credentials)
  } catch {
    // A broken file is replaced: keys are cheap, and nothing else depends on these.
    return null
  }
}

export function writeCredentials(dataDir: string, credentials: Credentials): void {
  writePrivately(join(dataDir, 'credentials.json'), credentials)
}
