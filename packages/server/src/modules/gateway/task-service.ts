/**
 * Of which task a request is an attempt, as its caller names it: in a header, or in the metadata of the body. It says so
 * to us alone: what goes to a server does not have it.
 */
import { TASK_ID_CHARACTERS_MAX, TaskId } from '@spillway/contract'
import type { Headers } from './credential.ts'
import type { Json, ModelRequest } from './frame/dialect.ts'
import { isObject } from './json.ts'
import { invalidRequest, type Refusal } from './refusal.ts'

const HEADER = 'x-spillway-task-id'
const FIELD = 'task_id'

/** Null: it names none, as most do. The header counts where both are there. */
export function taskOf(headers: Headers, body: Json): string | Refusal | null {
  const header = headers[HEADER]
  const { metadata } = body
  if (header === undefined && metadata === undefined) return null
  const named = header ?? (isObject(metadata) ? metadata[FIELD] : undefined)
  if (named === undefined || named === null) return null
  const task = TaskId.safeParse(named)
  if (task.success) return task.data
  const param = header === undefined ? `metadata.${FIELD}` : HEADER
  return invalidRequest(
    `Invalid '${param}': a task's name has 1 to ${TASK_ID_CHARACTERS_MAX} characters of ASCII, and no spaces.`,
    { param, code: 'invalid_value' },
  )
}

/** The request without it. Servers of other people refuse what they do not know. */
export function withoutTask(request: ModelRequest): ModelRequest {
  const { metadata } = request.body
  if (!isObject(metadata) || metadata[FIELD] === undefined) return request
  const { metadata: _, ...body } = request.body
  const { [FIELD]: __, ...rest } = metadata
  const isEmpty = Object.keys(rest).length === 0
  return { ...request, body: isEmpty ? body : { ...body, metadata: rest } }
}
