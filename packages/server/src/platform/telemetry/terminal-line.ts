/** A line of the log as a person at a terminal reads it. What it leaves out, such as stacks, is in the file. */

const NAMES: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
}
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'msg', 'err'])

function renderField([name, value]: [string, unknown]): string {
  return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`
}

/** Text that is no record of ours is given back as it is. */
export function renderTerminalLine(line: string): string {
  let record: Record<string, unknown>
  try {
    record = JSON.parse(line) as Record<string, unknown>
  } catch {
    // Somebody else's words, whole as they came.
    return line
  }
  const { level, time, msg, err } = record
  const at = String(time).slice(11, 19)
  const cause = (err as { readonly message?: string } | undefined)?.message
  const fields = Object.entries(record).filter(([name]) => !SHOWN_ELSEWHERE.has(name))
  const tail = fields.length === 0 ? '' : ` (${fields.map(renderField).join(', ')})`
  return `${at} ${NAMES[Number(level)] ?? ''}: ${String(msg)}${cause === undefined ? '' : `: ${cause}`}${tail}\n`
}
