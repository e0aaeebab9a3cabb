/**
 * What the rules let pass, each with its reason. An exemption that no longer exempts anything fails the tidy test, so
 * this list shrinks by itself; to add a line is a decision for review.
 */
import type { Violation } from './tree.ts'

export interface Exemption {
  readonly rule: string
  readonly path: string
  /** A part of the violation's text, to exempt one of several; all of the file's when left out. */
  readonly about?: string
  readonly reason: string
}

export const EXEMPTIONS: readonly Exemption[] = []

/** Violations that nothing exempts, and exemptions that nothing needs. */
export function applyExemptions(
  violations: readonly Violation[],
  exemptions: readonly Exemption[],
): { readonly violations: Violation[]; readonly unneeded: Exemption[] } {
  return {
    violations: violations.filter(
      (violation) => !exemptions.some((each) => covers(each, violation)),
    ),
    unneeded: exemptions.filter((each) => !violations.some((violation) => covers(each, violation))),
  }
}

function covers({ rule, path, about }: Exemption, violation: Violation): boolean {
  if (rule !== violation.rule || path !== violation.path) return false
  return about === undefined || violation.text.includes(about)
}
