/**
 * Names sockets that lie deeper than the system takes: it keeps 107 bytes of a socket's path, whatever the file system
 * allows. A folder that is open has a short name in `/proc`, for the process that opened it.
 */
import { openSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const BYTES_MAX = 107

/** Open for as long as the process lives; there are as many as engines. */
const openFolders = new Map<string, number>()

/** A path to the same socket, `<engine>/<attempt>/<name>`, that this process can listen on or connect to. */
export function socketPath(path: string): string {
  if (Buffer.byteLength(path) <= BYTES_MAX) return path
  const attempt = dirname(path)
  const engine = dirname(attempt)
  const folder = openFolders.get(engine) ?? openSync(engine, 'r')
  openFolders.set(engine, folder)
  return join(`/proc/self/fd/${folder}`, basename(attempt), basename(path))
}
