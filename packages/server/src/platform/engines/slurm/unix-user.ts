/** Looks up a Unix user as the system knows it, from files or a directory service alike. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const TIMEOUT_MS = 10_000

export interface UnixUser {
  readonly uid: number
  readonly gid: number
}

export async function findUnixUser(name: string): Promise<UnixUser> {
  const ask = async (flag: string) => {
    const { stdout } = await promisify(execFile)('id', [flag, '--', name], { timeout: TIMEOUT_MS })
    return Number(stdout.trim())
  }
  return { uid: await ask('-u'), gid: await ask('-g') }
}
