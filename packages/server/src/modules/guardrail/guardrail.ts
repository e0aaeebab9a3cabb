/** What a guardrail is, and what a project's guardrails are together. */
import type { GuardrailCheck, GuardrailMode, GuardrailSide } from '@spillway/contract'

export interface Guardrail {
  readonly id: string
  readonly organizationId: string
  /** Null: every project of the organization. */
  readonly projectId: string | null
  readonly name: string
  /** Lower ones are asked first. */
  readonly position: number
  readonly side: GuardrailSide
  readonly mode: GuardrailMode
  /** Where requests go that `route` finds; null for the other modes. */
  readonly toModel: string | null
  readonly check: GuardrailCheck
  readonly createdAt: Date
}

/** Which of an organization's guardrails hold for a project, in the order in which they are asked. */
export function guardrailsFor(
  guardrails: readonly Guardrail[],
  projectId: string,
): readonly Guardrail[] {
  return guardrails
    .filter((each) => each.projectId === null || each.projectId === projectId)
    .toSorted((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1))
}
