/**
 * Calls that reach out of the program, what to use instead, and the few files that are their home, each with its
 * reason. A home that no longer uses its call fails the tidy test.
 */

export interface Ban {
  readonly name: string
  readonly matches: (use: string, argument: string) => boolean
  readonly instead: string
  /** Path of a file, or of a folder with a slash at the end, and why it may. */
  readonly homes: Readonly<Record<string, string>>
}

const named =
  (...names: readonly string[]) =>
  (use: string) =>
    names.includes(use)

export const BANS: readonly Ban[] = [
  {
    name: 'the wall clock (Date.now, new Date())',
    matches: (use, argument) => use === 'Date.now' || (use === 'new Date' && argument === ''),
    instead: 'take a Clock (#kernel/clock.ts), because somebody may set the wall clock.',
    homes: {},
  },
  {
    name: 'Math.random',
    matches: named('Math.random'),
    instead: 'take a random source as an argument, so that a run can be repeated.',
    homes: {},
  },
  {
    name: 'process.env',
    matches: named('process.env'),
    instead: 'add the variable to packages/server/src/config.ts and take the parsed value.',
    homes: {},
  },
  {
    name: 'console output',
    matches: (use) => use.startsWith('console.'),
    instead: 'the server logs by platform/telemetry, the CLI prints by its output file.',
    homes: {},
  },
  {
    name: 'JSON.parse',
    matches: named('JSON.parse'),
    instead: 'parse with a schema where the bytes come in, and pass the typed value on.',
    homes: {},
  },
]
