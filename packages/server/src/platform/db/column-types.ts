/**
 * How SQL values arrive in JavaScript. `numeric` is exact text, read by the money parser of whoever owns the column;
 * `int8` is a `bigint`, because quantities and counts outgrow 2^53 some day; an instant is a `Date`; calendar dates
 * and times without zone stay text, since a `Date` would put them into this machine's zone. The rest is the driver's
 * choice: `jsonb` parsed, `text[]` an array, ranges and `xid8` text.
 */
import pg from 'pg'

type Parser = (text: string) => unknown
/** The driver's own registry, which is typed by names of which some are missing. */
const driverParser = pg.types.getTypeParser as (oid: number, format?: string) => Parser

const INT8 = 20
const NUMERIC = 1700
const DATE = 1082
const TIMESTAMP = 1114
const TIMESTAMPTZ = 1184
const ARRAY_OF_TEXT = 1009
const ARRAY_OF_INT8 = 1016
const ARRAY_OF_NUMERIC = 1231
const ARRAY_OF_DATE = 1182

const parseTexts = driverParser(ARRAY_OF_TEXT) as (text: string) => (string | null)[]

const parseInstant = driverParser(TIMESTAMPTZ) as (text: string) => Date
const DIGITS_OF_MS = 3

/** An instant as the server writes it in UTC, of which there may be tens of thousands; any other goes to the driver. */
function parseUtc(text: string): Date {
  if (text.length < 22 || text[0] === '0' || text[4] !== '-' || !text.endsWith('+00'))
    return parseInstant(text)
  const part = (from: number, to: number) => Number(text.slice(from, to))
  const fraction =
    text[19] === '.' ? text.slice(20, Math.min(20 + DIGITS_OF_MS, text.length - 3)) : ''
  const ms = Number(fraction.padEnd(DIGITS_OF_MS, '0'))
  const day = Date.UTC(part(0, 4), part(5, 7) - 1, part(8, 10))
  return new Date(day + part(11, 13) * 3_600_000 + part(14, 16) * 60_000 + part(17, 19) * 1000 + ms)
}

const PARSERS = new Map<number, Parser>([
  [INT8, BigInt],
  [NUMERIC, String],
  [DATE, String],
  [TIMESTAMP, String],
  [TIMESTAMPTZ, parseUtc],
  [ARRAY_OF_INT8, (text) => parseTexts(text).map((item) => (item === null ? null : BigInt(item)))],
  [ARRAY_OF_NUMERIC, parseTexts],
  [ARRAY_OF_DATE, parseTexts],
])

/** For the `types` of a connection. */
export const COLUMN_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: string) =>
    PARSERS.get(oid) ?? driverParser(oid, format)) as typeof pg.types.getTypeParser,
}
