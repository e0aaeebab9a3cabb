/** What a simulated command does: a tiny language, read from the command of a lease. Pure. */

/*
 * Statements are separated by `;`. Whatever is none of these runs until it is stopped, as a training job would:
 *
 *   sleep 30            goes on after 30 s (also 500ms, 2m, 1h)
 *   echo TEXT           writes a line to the log
 *   exit 3              ends with the code; so do `true` and `false`
 *   kill SIGSEGV        ends by the signal
 *   ignore-term         from the start on, a request to stop does nothing to it
 *   on-term 2 exit 5    when asked to stop, ends after 2 s with code 5 (without it: at once, by SIGTERM)
 *   on-notice 2 exit 0  when noticed with a signal, ends after 2 s with code 0
 *   start-delay 60      takes 60 s to start
 *   start-fail TEXT     never starts, for this reason
 */

/** How a command ends. */
export interface ScriptedExit {
  readonly exitCode: number | null
  readonly exitSignal: string | null
}

interface Reaction {
  readonly afterMs: number
  readonly exit: ScriptedExit
}

export interface Script {
  readonly startDelayMs: number
  /** Null: it starts. */
  readonly startFailure: string | null
  /** Lines that it writes, by the time since its start. */
  readonly lines: readonly { readonly atMs: number; readonly text: string }[]
  /** Null: it runs until it is stopped. */
  readonly end: Reaction | null
  /** What it does when it is asked to stop; null: nothing. */
  readonly onTerm: Reaction | null
  /** What it does at a notice; null: it goes on. */
  readonly onNotice: Reaction | null
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BY_TERM: Reaction = { afterMs: 0, exit: { exitCode: null, exitSignal: 'SIGTERM' } }

/** Null when it is not a duration. */
function parseDuration(word: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(word ?? '')
  return match === null ? null : Math.round(Number(match[1]) * (UNITS_MS[match[2] ?? 's'] ?? 1))
}

function parseExit(words: readonly string[]): ScriptedExit | null {
  const [verb, argument] = words
  if (verb === 'true') return { exitCode: 0, exitSignal: null }
  if (verb === 'false') return { exitCode: 1, exitSignal: null }
  if (verb === 'exit') return { exitCode: Number(argument ?? 0) & 255, exitSignal: null }
  if (verb === 'kill' && argument !== undefined)
    return { exitCode: null, exitSignal: argument.startsWith('SIG') ? argument : `SIG${argument}` }
  return null
}

/** `exit 3` or `2s exit 3`. */
function parseReaction(words: readonly string[]): Reaction | null {
  const afterMs = parseDuration(words[0])
  const exit = parseExit(afterMs === null ? words : words.slice(1))
  return exit === null ? null : { afterMs: afterMs ?? 0, exit }
}

class Reader {
  startDelayMs = 0
  startFailure: string | null = null
  readonly lines: { atMs: number; text: string }[] = []
  end: Reaction | null = null
  onTerm: Reaction | null = BY_TERM
  onNotice: Reaction | null = null
  #atMs = 0

  /** False once nothing that follows can happen. */
  read(statement: string): boolean {
    const [verb = '', ...words] = statement.split(/\s+/)
    const exit = parseExit([verb, ...words])
    if (exit !== null) {
      this.end = { afterMs: this.#atMs, exit }
      return false
    }
    return this.#readSetting(verb, words) || this.#readAct(verb, words)
  }

  #readSetting(verb: string, words: readonly string[]): boolean {
    if (verb === 'ignore-term') this.onTerm = null
    else if (verb === 'on-term') this.onTerm = parseReaction(words) ?? BY_TERM
    else if (verb === 'on-notice') this.onNotice = parseReaction(words)
    else if (verb === 'start-delay') this.startDelayMs = parseDuration(words[0]) ?? 0
    else if (verb === 'start-fail') this.startFailure = words.join(' ') || 'it was told to fail'
    else return false
    return true
  }

  #readAct(verb: string, words: readonly string[]): boolean {
    if (verb === 'echo') this.lines.push({ atMs: this.#atMs, text: words.join(' ') })
    else if (verb === 'sleep') this.#atMs += parseDuration(words[0]) ?? 0
    else return false
    return true
  }

  /** Everything was read, and nothing said that it goes on. */
  finish(): void {
    this.end ??= { afterMs: this.#atMs, exit: { exitCode: 0, exitSignal: null } }
  }
}

/** Reads a command, also one in the form `sh -c '…'`. */
export function readScript(command: readonly string[]): Script {
  const [program, flag, source = ''] = command
  const isShell = /(^|\/)(ba)?sh$/.test(program ?? '') && flag === '-c'
  const statements = (isShell ? source : command.join(' ')).split(';').map((each) => each.trim())
  const reader = new Reader()
  if (statements.filter((each) => each !== '').every((each) => reader.read(each))) {
    const isMere = statements.every((each) => /^(ignore-term|on-|start-|$)/.test(each))
    if (!isMere) reader.finish()
  }
  const { startDelayMs, startFailure, lines, end, onTerm, onNotice } = reader
  return { startDelayMs, startFailure, lines, end, onTerm, onNotice }
}
