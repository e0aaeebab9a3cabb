/** How the embedded PostgreSQL is set: for a small machine, and for never losing what was acknowledged. Pure. */

/** A socket address holds 108 bytes on Linux and 104 on macOS, with the name of the socket in it. */
const SOCKET_FOLDER_BYTES_MAX = 100 - '/.s.PGSQL.65535'.length

export interface Placement {
  readonly port: number
  /** Where the socket would lie; left out when its path is too long for one. */
  readonly socketFolder: string
  /** False only for databases that tests throw away: a crash of the machine may then lose everything. */
  readonly isDurable: boolean
}

export function fitsSocket(folder: string): boolean {
  return Buffer.byteLength(folder) <= SOCKET_FOLDER_BYTES_MAX
}

/** The arguments of `postgres` after `-D folder`. */
export function renderSettings({ port, socketFolder, isDurable }: Placement): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: fitsSocket(socketFolder) ? socketFolder : '',
    unix_socket_permissions: '0700',
    // Several gateways and servers on one machine, each with some.
    max_connections: '200',
    shared_buffers: '128MB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    fsync: isDurable ? 'on' : 'off',
    full_page_writes: isDurable ? 'on' : 'off',
    synchronous_commit: isDurable ? 'on' : 'off',
    wal_compression: 'on',
    max_wal_size: '512MB',
    // Errors of statements are reported by the callers who get them; the log is for the server's own condition.
    log_min_error_statement: 'panic',
    log_line_prefix: '%m ',
    lc_messages: 'C',
    tcp_keepalives_idle: '30',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
