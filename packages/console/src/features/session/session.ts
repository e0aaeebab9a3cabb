/** Who is signed in, as pages ask for it. */
import { permits, type Permission, type Session } from '@spillway/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
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

/** Signs out and forgets every answer; the page is then loaded anew at the sign-in. */
export function useSignOut(): () => Promise<void> {
  const queryClient = useQueryClient()
  return async () => {
    try {
      await call('deleteSession', {})
    } finally {
      queryClient.clear()
      location.assign('/sign-in')
    }
  }
}
