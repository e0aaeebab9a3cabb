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
  | 'database_unreachable'
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

/** Gives a refusal of the operating system its sentence; anything else is returned as it is. */
export function fromSystemError(error: unknown, folder: string): unknown {
  const code = errorCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StartFailure(
      'disk_full',
      `The disk of ${folder} is full. Free at least 200 MiB, then start again.`,
      error,
    )
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new StartFailure(
      'data_folder_not_writable',
      `Something in ${folder} may not be read or written (${code}). Make it writable for the user that runs Spillway, or set SPILLWAY_DATA_DIR to another folder.`,
      error,
    )
  return error
}
