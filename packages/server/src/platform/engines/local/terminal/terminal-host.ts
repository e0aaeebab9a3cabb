/**
 * Runs inside an interactive lease, in front of its command: keeps the command's terminal, and lets people attach to it
 * at the lease's port. It is the command as far as anybody sees, and ends as the command ends. What is typed or shown
 * is written nowhere.
 *
 * Usage: node terminal-host.mjs <command> <words…>
 */
import { timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { basename, dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { TERMINAL_PROTOCOL } from '@spillway/contract/terminal.ts'
import { thisMachine } from '#platform/clock/machine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { resolveCommand } from '../command-resolution.ts'
import { readJson } from '../durable-file.ts'
import { RISK_TEXT, instantIn, leavesTime, renderNotice } from './terminal-notice.ts'
import { TerminalSession } from './terminal-session.ts'
import type { WindowSize } from './terminal-session.ts'
import { TERMINAL_TOKEN_HEADER, TERMINAL_VARIABLE } from './terminal-terms.ts'
import type { TerminalOrder } from './terminal-terms.ts'

const LOOK_MS = 500
const NOT_FOUND = 127
/** They are for the terminal, not for what runs in it. */
const KEPT = [TERMINAL_VARIABLE, 'SPILLWAY_PORT', 'SPILLWAY_BASE_PATH']
const IGNORED = ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const

const { wallMs } = thisMachine()

function log(text: string): void {
  process.stdout.write(`spillway: ${text}\n`)
}

function commandEnvironment(): Record<string, string> {
  const given = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || KEPT.includes(name) ? [] : [[name, value] as const],
  )
  const environment = Object.fromEntries(given)
  const isNone = ['', 'dumb'].includes(environment['TERM'] ?? '')
  return isNone ? { ...environment, TERM: 'xterm-256color' } : environment
}

function openSession(): TerminalSession {
  const environment = commandEnvironment()
  const directory = process.cwd()
  const command = process.argv.slice(2)
  const resolved = resolveCommand({ command, environment, workingDirectory: directory })
  if (resolved.kind === 'failed') {
    process.stderr.write(`spillway: ${resolved.text}\n`)
    process.exit(NOT_FOUND)
  }
  const { file, words } = resolved
  const ended = (exitCode: number) => process.exit(exitCode)
  return new TerminalSession({ file, words, environment, directory, monotonicMs, log, ended })
}

/** Tells of the notice and of the warning, each once, and ends what was left alone. */
class Watch {
  readonly #session: TerminalSession
  readonly #idleLimitMs: number
  readonly #told = new Set<string>()

  constructor(session: TerminalSession, { idleLimitMs }: TerminalOrder) {
    this.#session = session
    this.#idleLimitMs = idleLimitMs ?? Number.POSITIVE_INFINITY
  }

  async look(): Promise<number | null> {
    const noticePath = process.env['SPILLWAY_NOTICE_FILE'] ?? ''
    // They lie side by side, under names that differ in the kind alone.
    const rebalance = basename(noticePath).replace('instance-action', 'rebalance')
    const rebalancePath = join(dirname(noticePath), rebalance)
    const stopMs = instantIn(await readJson<Record<string, string>>(noticePath))
    const riskMs = instantIn(await readJson<Record<string, string>>(rebalancePath))
    if (stopMs !== null) this.#tellOnce('notice', renderNotice(stopMs, wallMs()))
    else if (riskMs !== null) this.#tellOnce('risk', RISK_TEXT)
    return stopMs
  }

  endIfIdle(): void {
    if (this.#session.idleMs() < this.#idleLimitMs || this.#told.has('idle')) return
    this.#tellOnce('idle', 'Nobody was attached for as long as the idle limit allows.')
    log('ended: nobody was attached for as long as the idle limit allows')
    this.#session.hangUp()
  }

  /** A request to end that comes with a notice leaves the time of the notice. */
  async obey(): Promise<void> {
    const stopMs = await this.look().catch(() => null)
    if (!leavesTime(stopMs, wallMs())) this.#session.hangUp()
  }

  #tellOnce(what: string, text: string): void {
    if (this.#told.has(what)) return
    this.#told.add(what)
    this.#session.tell(text)
  }
}

function isKnown(request: IncomingMessage, { token }: TerminalOrder): boolean {
  const [given, own] = [request.headers[TERMINAL_TOKEN_HEADER] ?? '', token].map((each) =>
    Buffer.from(String(each)),
  ) as [Buffer, Buffer]
  return given.length === own.length && timingSafeEqual(given, own)
}

/** What the address says: how large the window is, and how much was seen already. */
function readTerms(url: string): { offset: number; size: WindowSize | null } {
  const { searchParams } = new URL(url, 'http://localhost')
  const numberOf = (name: string) => Math.trunc(Number(searchParams.get(name) ?? '0')) || 0
  const [columns, rows] = [numberOf('columns'), numberOf('rows')]
  const offset = Math.max(0, numberOf('offset'))
  return { offset, size: columns > 0 && rows > 0 ? { columns, rows } : null }
}

function serve(session: TerminalSession, order: TerminalOrder): void {
  const server = createServer((request, response) => {
    const isOurs = isKnown(request, order)
    response.writeHead(isOurs ? 426 : 403, isOurs ? { upgrade: TERMINAL_PROTOCOL } : {})
    response.end(isOurs ? 'This is a terminal: `spillway lease shell` attaches to it.\n' : '')
  })
  server.on('upgrade', (request, socket: Duplex, head) => {
    if (!isKnown(request, order) || request.headers.upgrade !== TERMINAL_PROTOCOL)
      return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${TERMINAL_PROTOCOL}\r\n\r\n`,
    )
    if (head.length > 0) socket.unshift(head)
    session.attach(socket, readTerms(request.url ?? '/'))
  })
  server.listen(Number(process.env['SPILLWAY_PORT']), '127.0.0.1')
}

function main(): void {
  const order = JSON.parse(process.env[TERMINAL_VARIABLE] ?? '') as TerminalOrder
  const session = openSession()
  const watch = new Watch(session, order)
  for (const signal of IGNORED) process.on(signal, () => {})
  process.on('SIGTERM', () => void watch.obey())
  setInterval(() => {
    // What cannot be read now is looked at again soon.
    watch.look().catch(() => undefined)
    watch.endIfIdle()
  }, LOOK_MS)
  serve(session, order)
}

main()
