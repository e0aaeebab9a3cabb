/** Who is signed in, as pages ask for it. */
import { permits, type Permission, type Session } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'

export const sessionQuery = apiQuery('getSession')

/** The session of a signed-in page; the route has made sure that there is one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery)
  if (data === undefined) throw new Error('A page that needs a session was shown without one.')
  return data
}

export function usePermission(permission: Permission): boolean {
  return permits(useSession().role, permission)
}

/** Signs out; the page is loaded anew at the sign-in, which forgets every answer. */
export async function signOut(): Promise<void> {
  try {
    await call('deleteSession', {})
  } finally {
    location.assign('/sign-in')
  }
}
