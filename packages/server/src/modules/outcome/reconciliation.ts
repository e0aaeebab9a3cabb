/**
 * Holds what tasks cost against what the ledger charged, hour by hour. What no task is named for is the rest, and the
 * three add up; beyond that, no hour may have more for tasks than was charged, and one whose tokens are all of tasks has
 * to agree to the pico.
 */
import { picos, subtract, ZERO, type Money } from '#kernel/money.ts'

export interface HourKey {
  readonly organizationId: string
  readonly projectId: string
  /** The model, or the lease. */
  readonly resource: string
  readonly hour: Date
}

/** What was charged under a key, as metering has it. */
export interface ChargedHour extends HourKey {
  readonly isTokens: boolean
  readonly quantity: bigint
  readonly charged: Money
}

/** What attempts of tasks were charged under it. */
export interface TaskedHour extends HourKey {
  readonly tokens: bigint
  readonly amount: Money
}

export interface TaskReconciliation {
  readonly charged: Money
  readonly tasked: Money
  /** For tokens, with no task named. */
  readonly untasked: Money
  /** For GPU time, of which there are no tasks. */
  readonly other: Money
  /** Keys that do not agree; empty when all holds. */
  readonly differences: readonly string[]
}

interface Sum {
  quantity: bigint
  charged: bigint
}

function renderKey({ organizationId, projectId, resource, hour }: HourKey): string {
  return `${organizationId} ${projectId} ${resource} ${hour.toISOString()}`
}

export function reconcileTasks(
  charged: readonly ChargedHour[],
  tasked: readonly TaskedHour[],
): TaskReconciliation {
  const sums = new Map<string, Sum>()
  let other = 0n
  let tokens = 0n
  for (const hour of charged) {
    if (!hour.isTokens) {
      other += hour.charged
      continue
    }
    tokens += hour.charged
    const key = renderKey(hour)
    const sum = sums.get(key) ?? { quantity: 0n, charged: 0n }
    sum.quantity += hour.quantity
    sum.charged += hour.charged
    sums.set(key, sum)
  }
  const all = picos(tasked.reduce((sum, { amount }) => sum + amount, 0n))
  return {
    charged: picos(tokens + other),
    tasked: all,
    untasked: subtract(picos(tokens), all),
    other: picos(other),
    differences: tasked.flatMap((hour) => (agrees(hour, sums) ? [] : [renderKey(hour)])),
  }
}

/** Attempts of one key come in one piece. */
function agrees(hour: TaskedHour, sums: ReadonlyMap<string, Sum>): boolean {
  const sum = sums.get(renderKey(hour))
  if (sum === undefined) return hour.tokens === 0n && hour.amount === ZERO
  if (hour.tokens > sum.quantity || hour.amount > sum.charged) return false
  return hour.tokens < sum.quantity || hour.amount === sum.charged
}
