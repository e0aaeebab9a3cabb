/** Colours of a terminal, or none. Pure: whether a stream shows colours is decided where the streams are known. */

const CODES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  brightCyan: 96,
} as const

export type Colour = keyof typeof CODES
export type Paint = (colour: Colour, text: string) => string

export const plainPaint: Paint = (_colour, text) => text

export const colourPaint: Paint = (colour, text) =>
  text === '' ? text : `\u001B[${CODES[colour]}m${text}\u001B[0m`

export interface ColourInputs {
  readonly isTty: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** NO_COLOR turns colours off, FORCE_COLOR on; else a terminal that is not dumb has them. */
export function choosePaint({ isTty, environment }: ColourInputs): Paint {
  if (environment['NO_COLOR']) return plainPaint
  const forced = environment['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced === '0' ? plainPaint : colourPaint
  return isTty && environment['TERM'] !== 'dumb' ? colourPaint : plainPaint
}
