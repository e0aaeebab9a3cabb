/**
 * Names for statements that come again: under its name the server parses a statement once for a connection, and plans it
 * a few times. A lease is placed by some fifty statements, and without names a third of the server's time went into that.
 */

/** The first few times a statement goes without a name: many are built for one occasion, and never come again. */
const TIMES_UNNAMED = 2
/** Each connection of the server keeps those that it met, some tens of kilobytes each. */
const NAMES_MAX = 300
/** Of so many texts it is known how often they came; then the count begins anew. */
const TEXTS_COUNTED = 2000
/** Longer ones are lists of values, of another length each time. */
const TEXT_LENGTH_MAX = 8192
const CAN_BE_PREPARED = /^\s*(select|insert|update|delete|with)\b/i

export interface StatementNames {
  /** The name to send a statement under; undefined where it is to go without one. */
  readonly nameOf: (text: string) => string | undefined
  /** Gives new names from now on: what was prepared until now is not to be used again. */
  readonly renew: () => void
}

/** Names for the statements of one pool. */
export function nameStatements(): StatementNames {
  const names = new Map<string, string>()
  const counts = new Map<string, number>()
  let generation = 0
  return {
    nameOf: (text) => {
      const known = names.get(text)
      if (known !== undefined || names.size === NAMES_MAX) return known
      if (text.length > TEXT_LENGTH_MAX || !CAN_BE_PREPARED.test(text)) return undefined
      const count = counts.get(text) ?? 0
      if (count < TIMES_UNNAMED) {
        if (counts.size === TEXTS_COUNTED) counts.clear()
        counts.set(text, count + 1)
        return undefined
      }
      counts.delete(text)
      const name = `spillway_${generation}_${names.size}`
      names.set(text, name)
      return name
    },
    renew: () => {
      generation += 1
      names.clear()
    },
  }
}
