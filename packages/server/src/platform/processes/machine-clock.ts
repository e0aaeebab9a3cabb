/** The monotonic counter of this boot of the machine, and the boot's identity. Nobody can set either. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id'

/** Whole milliseconds of the monotonic counter, the same for every process of this boot. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

/** Names this boot: Linux says it in `/proc`, macOS by `sysctl`. */
export function readBootId(): string {
  if (existsSync(BOOT_ID_PATH)) return readFileSync(BOOT_ID_PATH, 'utf8').trim()
  return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()
}
