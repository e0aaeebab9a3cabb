/** Which logical CPUs this process may run on. Inside a container that can be few of the machine's, numbered with gaps. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Parses a kernel CPU list, such as `0-3,8`. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = '', last = first] = part.split('-')
      const start = Number(first)
      return Array.from({ length: Number(last) - start + 1 }, (_, offset) => start + offset)
    })
}

/** The CPUs from `/proc/self/status`, or as many as Node counts, from 0. */
export function readAllowedCpus(): readonly number[] {
  const statusPath = '/proc/self/status'
  const status = existsSync(statusPath) ? readFileSync(statusPath, 'utf8') : ''
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]
  if (list !== undefined) return parseCpuList(list)
  return Array.from({ length: availableParallelism() }, (_, index) => index)
}
