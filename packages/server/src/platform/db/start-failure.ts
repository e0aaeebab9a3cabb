/**
 * Why the server cannot start on this machine: expected conditions of disks, users, ports and versions. The message
 * is a sentence for the person at the terminal that says what to do; it is printed and the process ends.
 */

export type StartFailureReason =
  | 'data_folder_not_writable'
  | 'data_folder_in_use'
  | 'disk_full'
  | 'postgres_package_missing'
  | 'postgres_package_incomplete'
  | 'postgres_not_permitted'
  | 'postgres_version_mismatch'
  | 'postgres_port_taken'
  | 'postgres_not_ready'
  | 'postgres_failed'
  | 'migration_invalid'
  | 'migration_edited'
  | 'migration_missing'
  | 'migration_newer_database'
  | 'migration_failed'
  | 'migration_locked'

export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly reason: StartFailureReason

  constructor(reason: StartFailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** The `code` of a system or database error, such as `ENOSPC` or `40001`; empty when there is none. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
