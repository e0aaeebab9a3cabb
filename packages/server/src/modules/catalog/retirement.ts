/** When a model goes: what is told of it on the way, and which announcements make no sense. Pure. */

export interface Retirement {
  readonly model: string
  readonly version: number
  readonly announcedAt: Date
  readonly retiresAt: Date
  readonly successor: string | null
  /** Of the stages, how many were told. */
  readonly told: number
}

const DAY_MS = 86_400_000
/** How long before the end it is said again. */
const REMINDED_BEFORE_MS = [30 * DAY_MS, 7 * DAY_MS, DAY_MS]

export type Stage = 'announced' | 'near' | 'retired'

/** What is told, in order, each from its instant on. Reminders that lie before the announcement are none. */
function stagesOf({ announcedAt, retiresAt }: Retirement): readonly { stage: Stage; at: Date }[] {
  const reminders = REMINDED_BEFORE_MS.map((beforeMs) => new Date(retiresAt.getTime() - beforeMs))
  return [
    { stage: 'announced', at: announcedAt },
    ...reminders.filter((at) => at > announcedAt).map((at) => ({ stage: 'near' as const, at })),
    { stage: 'retired', at: retiresAt },
  ]
}

export interface Telling {
  /** The last stage that is due: those before it are old news. */
  readonly due: Stage | null
  readonly told: number
  /** When the next one is; null after the last. */
  readonly nextAt: Date | null
}

export function tellingOf(retirement: Retirement, now: Date): Telling {
  const stages = stagesOf(retirement)
  const reached = stages.filter(({ at }) => at <= now).length
  const due = reached > retirement.told ? (stages[reached - 1]?.stage ?? null) : null
  return { due, told: Math.max(reached, retirement.told), nextAt: stages[reached]?.at ?? null }
}

/** Why a model cannot be retired so; null where it can. `others` are the retirements of all models. */
export function whyNotRetire(
  wanted: Pick<Retirement, 'model' | 'retiresAt' | 'successor'>,
  others: readonly Retirement[],
  now: Date,
): string | null {
  const { model, retiresAt, successor } = wanted
  if (retiresAt <= now) return 'the instant is not to come'
  if (successor === null) return null
  if (successor === model) return `${model} cannot succeed itself`
  const its = others.find((each) => each.model === successor)
  return its !== undefined && its.retiresAt <= retiresAt ? `${successor} goes first` : null
}
