/** A line to the database that can be cut and mended, as an outage does. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface DatabaseLine {
  readonly url: string
  /** Breaks every connection and refuses new ones. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** Where a connection string leads: a port, or a socket's folder in its `host` parameter. */
function readAddress(
  url: URL,
): { readonly port: number; readonly host: string } | { readonly path: string } {
  const port = Number(url.port || 5432)
  const folder = url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
  if (folder.startsWith('/'))
    return { path: `${folder}/.s.PGSQL.${url.searchParams.get('port') ?? port}` }
  return { host: folder, port }
}

export async function openDatabaseLine(databaseUrl: string): Promise<DatabaseLine> {
  const target = readAddress(new URL(databaseUrl))
  const sockets = new Set<Socket>()
  let isCut = false
  const server: Server = createServer((caller) => {
    if (isCut) return void caller.destroy()
    const database = connect(target)
    for (const [from, to] of [
      [caller, database],
      [database, caller],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(typeof address === 'object' && address ? address.port : 0)
  for (const name of ['host', 'port']) url.searchParams.delete(name)
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut: () => {
      isCut = true
      cutAll()
    },
    mend: () => {
      isCut = false
    },
    close: () => {
      cutAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
