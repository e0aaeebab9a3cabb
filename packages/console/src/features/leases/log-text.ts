/** The latest part of a growing log. Pure. */

export interface LogText {
  readonly text: string
  /** Whether earlier text was dropped. */
  readonly isCut: boolean
}

export const emptyLog: LogText = { text: '', isCut: false }

const CHARACTERS_MAX = 400_000

// Colours and cursor movements of terminals mean nothing here.
// oxlint-disable-next-line no-control-regex -- the escape character is exactly what is looked for
const TERMINAL_CODES = /\u001B(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001B\\))/g

/** Appends output; a carriage return, as progress bars write it, begins the line anew. */
export function appendLog(log: LogText, output: string): LogText {
  const clean = output.replaceAll(TERMINAL_CODES, '').replaceAll('\r\n', '\n')
  const joined = redrawLines(log.text, clean)
  if (joined.length <= CHARACTERS_MAX) return { text: joined, isCut: log.isCut }
  const start = joined.indexOf('\n', joined.length - CHARACTERS_MAX) + 1
  return { text: joined.slice(start), isCut: true }
}

function redrawLines(before: string, added: string): string {
  if (!added.includes('\r') && !before.endsWith('\r')) return before + added
  const lineStart = before.lastIndexOf('\n') + 1
  const lines = (before.slice(lineStart) + added).split('\n')
  // The line that is still being written keeps its carriage return, so that the next output draws over it.
  const isOpen = lines.at(-1)?.endsWith('\r') ?? false
  return before.slice(0, lineStart) + lines.map(lastDrawing).join('\n') + (isOpen ? '\r' : '')
}

/** What a terminal would show of a line: the part after the last carriage return that is followed by something. */
function lastDrawing(line: string): string {
  const parts = line.split('\r')
  return parts.findLast((part) => part !== '') ?? ''
}
