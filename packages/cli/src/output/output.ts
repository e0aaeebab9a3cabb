/**
 * The only place that writes. Documents and results go to stdout, everything else (notes, progress, errors) to stderr,
 * so that stdout can be piped. A progress line is wiped before anything else is written.
 */
import type { Surroundings, TextStream } from '../surroundings.ts'
import { choosePaint, type Paint } from './paint.ts'
import { toLine, truncate } from './text.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100
const WIPE = '\r\u001B[2K'

export interface Output {
  /** Colours for stdout, and for stderr. */
  readonly paint: Paint
  readonly notePaint: Paint
  readonly isTty: boolean
  readonly columns: () => number | null
  /** A line, or several, on stdout. */
  readonly print: (text: string) => Promise<void>
  /** Bytes on stdout as they are. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>
  /** One API document on stdout. */
  readonly printDocument: (document: unknown) => Promise<void>
  /** A line on stderr. */
  readonly note: (text: string) => Promise<void>
  /** Bytes on stderr as they are. */
  readonly writeNote: (chunk: string | Uint8Array) => Promise<void>
  /** Shows what is being waited for, on a terminal's stderr only; null takes it away. */
  readonly progress: (text: string | null) => void
}

export function createOutput(surroundings: Surroundings): Output {
  const { stdout, stderr, environment } = surroundings
  const cursor = { isMidLine: false }
  const spinner = createSpinner(stderr, { isAble: environment['TERM'] !== 'dumb', cursor })
  const put = async (stream: TextStream, chunk: string | Uint8Array): Promise<void> => {
    spinner.hide()
    if (stream.isTty) cursor.isMidLine = !endsLine(chunk)
    await stream.write(chunk)
  }
  // A note starts on a line of its own, even where a command's output stopped in the middle of one.
  const note = (text: string): Promise<void> =>
    put(stderr, `${cursor.isMidLine && stderr.isTty ? '\n' : ''}${text}\n`)
  return {
    paint: choosePaint({ isTty: stdout.isTty, environment }),
    notePaint: choosePaint({ isTty: stderr.isTty, environment }),
    isTty: stdout.isTty,
    columns: stdout.columns,
    print: (text) => put(stdout, `${text}\n`),
    write: (chunk) => put(stdout, chunk),
    printDocument: (document) => put(stdout, `${JSON.stringify(document, null, 2)}\n`),
    note,
    writeNote: (chunk) => put(stderr, chunk),
    progress: spinner.show,
  }
}

interface Spinner {
  readonly show: (text: string | null) => void
  readonly hide: () => void
}

interface Cursor {
  isMidLine: boolean
}

function endsLine(chunk: string | Uint8Array): boolean {
  return chunk.length === 0 || chunk.at(-1) === '\n' || chunk.at(-1) === 10
}

interface SpinnerOptions {
  readonly isAble: boolean
  readonly cursor: Cursor
}

function createSpinner(stream: TextStream, { isAble, cursor }: SpinnerOptions): Spinner {
  let text: string | null = null
  let timer: NodeJS.Timeout | null = null
  let frame = 0
  let isDrawn = false
  const hide = (): void => {
    if (isDrawn) void stream.write(WIPE)
    isDrawn = false
  }
  const draw = (): void => {
    if (text === null || cursor.isMidLine) return
    frame = (frame + 1) % FRAMES.length
    const line = truncate(`${FRAMES[frame]} ${toLine(text)}`, (stream.columns() ?? 80) - 1)
    void stream.write(`${WIPE}${line}`)
    isDrawn = true
  }
  const show = (next: string | null): void => {
    if (!stream.isTty || !isAble) return
    text = next
    if (timer !== null && next === null) clearInterval(timer)
    timer = next === null ? null : (timer ?? setInterval(draw, FRAME_MS).unref())
    if (next === null) hide()
  }
  return { show, hide }
}
