/** Shows what a start is doing: one line a step, with its time. Writes to the stream it is given and nowhere else. */

export interface Step {
  /** What it is at now. */
  readonly note: (text: string) => void
  readonly done: (text?: string) => void
}

export interface Progress {
  readonly begin: (name: string) => Step
  readonly say: (text: string) => void
}

interface Terminal {
  readonly write: (text: string) => void
  readonly isTTY: boolean
  /** Of the terminal now; what is wider would wrap, and a wrapped line cannot be redrawn. */
  readonly columns: () => number
}

const NAME_WIDTH = 18

/** On a terminal the running step is redrawn in place; elsewhere each step is printed once, when it is done. */
export function createProgress(terminal: Terminal, nowMs: () => number): Progress {
  const { write, isTTY } = terminal
  const line = (mark: string, name: string, text: string) =>
    `  ${mark} ${name.padEnd(NAME_WIDTH)} ${text}`
  return {
    say: (text) => write(`${text}\n`),
    begin: (name) => {
      const startedMs = nowMs()
      const show = (text: string) => {
        if (isTTY) write(`\r\u001b[2K${line('·', name, text).slice(0, terminal.columns() - 1)}`)
      }
      show('…')
      return {
        note: show,
        done: (text = '') => {
          const seconds = `${((nowMs() - startedMs) / 1000).toFixed(1)} s`
          write(
            `${isTTY ? '\r\u001b[2K' : ''}${line('✓', name, text === '' ? seconds : `${text} (${seconds})`)}\n`,
          )
        },
      }
    },
  }
}
