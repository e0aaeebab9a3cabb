/** Reads a count as Gemini writes it: its prompt has what was cached, its candidates leave out what was thought. */
import type { Quantities } from '../../charge.ts'
import { isObject } from '../../json.ts'

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

/** Absent is none; anything else that is no count makes the whole implausible. */
function countIn(usage: Readonly<Record<string, unknown>>, field: string): number {
  const value = usage[field] ?? 0
  return isCount(value) ? value : NaN
}

/** Null for anything that is not a plausible count. */
export function readUsage(usage: unknown): Quantities | null {
  if (!isObject(usage) || !isCount(usage['promptTokenCount'])) return null
  const reasoningTokens = countIn(usage, 'thoughtsTokenCount')
  const inputTokens = usage['promptTokenCount'] + countIn(usage, 'toolUsePromptTokenCount')
  const outputTokens = countIn(usage, 'candidatesTokenCount') + reasoningTokens
  if (!isCount(inputTokens) || !isCount(outputTokens)) return null
  const cached = countIn(usage, 'cachedContentTokenCount')
  return {
    inputTokens,
    outputTokens,
    ...(cached > 0 ? { cachedInputTokens: cached } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
  }
}
