/** The log of a clearing out of a file: what `clearing show --json` printed, or the log alone. */
import { ClearingLog } from '@spillway/contract'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { parseJson } from '../parse/json.ts'

function insideOf(whole: unknown): unknown {
  return typeof whole === 'object' && whole !== null && 'log' in whole ? whole.log : whole
}

/** Names the field that is wrong; nothing is computed from half a log. */
export function parseLog(text: string, path: string): ClearingLog {
  const log = ClearingLog.safeParse(insideOf(parseJson(text)))
  if (log.success) return log.data
  const [issue] = log.error.issues
  const field = issue?.path.join('.') ?? ''
  const why = `${field} ${issue?.message ?? ''}`.trim()
  throw new Failure(`${path} is no log of a clearing: ${why}.`, { exitCode: EXIT.usage })
}
