/** Who is calling. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Done, OrganizationId, ProjectId } from './primitives.ts'

export const Session = z.object({
  organization: z.object({
    id: OrganizationId,
    name: z.string(),
    kind: z.enum(['operator', 'internal', 'customer']),
  }),
  project: z.object({ id: ProjectId, name: z.string() }),
  role: z.enum(['operator', 'member', 'inference']),
  permissions: z.array(z.string()),
})
export type Session = z.infer<typeof Session>

export const createSession = endpoint({
  id: 'session.create',
  method: 'POST',
  path: '/sessions',
  summary: 'Sign the console in: exchanges a credential or a one-time sign-in code for a cookie',
  permission: 'public',
  body: z.strictObject({ credential: z.string().min(1).max(500) }),
  returns: Session,
  errors: ['credential.invalid'],
})

export const getSession = endpoint({
  id: 'session.get',
  method: 'GET',
  path: '/session',
  summary: 'Who is calling, with which permissions',
  permission: 'session.read',
  returns: Session,
})

export const deleteSession = endpoint({
  id: 'session.delete',
  method: 'DELETE',
  path: '/session',
  summary: 'Sign the console out',
  permission: 'session.read',
  returns: Done,
})
