/** What a check of a service comes to: states and the count of failures. Pure. */
import type { HealthState, ServiceRequest } from '@spillway/contract'
import type { Lease } from './lease.ts'

export const NOT_CHECKED_TEXT = 'It has not been checked yet.'

export interface HealthCourse {
  readonly attempt: number
  readonly state: HealthState
  readonly text: string
  /** Failed checks in a row. */
  readonly failures: number
  readonly nextMs: number
}

/** Where the checks of an attempt begin. */
export function beginCourse(
  { attempt }: Pick<Lease, 'attempt'>,
  known: Pick<HealthCourse, 'attempt' | 'state' | 'text'> | undefined,
): HealthCourse {
  const isKnown = known?.attempt === attempt
  return {
    attempt,
    state: isKnown ? known.state : 'starting',
    text: isKnown ? known.text : NOT_CHECKED_TEXT,
    failures: 0,
    nextMs: 0,
  }
}

/** A service that starts has no deadline: it is unhealthy only once it was healthy, and failed often enough in a row. */
export function judge(
  course: HealthCourse,
  finding: { readonly isHealthy: boolean; readonly text: string },
  { failuresMax }: Pick<ServiceRequest['health'], 'failuresMax'>,
): Pick<HealthCourse, 'state' | 'text' | 'failures'> {
  if (finding.isHealthy) return { state: 'healthy', text: finding.text, failures: 0 }
  const failures = course.failures + 1
  if (course.state === 'healthy' && failures >= failuresMax)
    return { state: 'unhealthy', text: finding.text, failures }
  return { state: course.state, text: course.text, failures }
}
