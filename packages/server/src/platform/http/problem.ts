/** Renders faults as RFC 9457 problem details. Internal text and causes go to the log, never to the caller. */
import { ERRORS, type Problem } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'

export function renderProblem(fault: Fault, requestId: string): Problem {
  const declaration = ERRORS[fault.code]
  return {
    type: `/docs/errors#${fault.code}`,
    title: declaration.title,
    status: declaration.status,
    detail: fault.message,
    code: fault.code,
    remedy: declaration.remedy,
    requestId,
    ...(fault.fields ? { fields: fault.fields.map((field) => ({ ...field })) } : {}),
    ...(fault.details ? { details: { ...fault.details } } : {}),
  }
}

/** The answer to a fault; a defect or an unknown error becomes a plain 500 that gives nothing away. */
export function problemResponse(error: unknown, requestId: string): Response {
  const fault =
    error instanceof Fault
      ? error
      : new Fault('server.defect', 'Something went wrong on our side; nothing was changed.', {
          cause: error,
        })
  const problem = renderProblem(fault, requestId)
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'x-request-id': requestId,
  }
  if (fault.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(fault.retryAfterMs / 1000))
  else if (problem.status === 503) headers['retry-after'] = '1'
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
