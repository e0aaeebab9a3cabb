/** Starts the console: signs in with the code of a one-time link, then shows the page. */
import './zod-setup.ts'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles.css'
import { call, isSignedOut, isTransient } from './api/client.ts'
import { readArrival } from './features/session/arrival.ts'
import { leaveForSignIn } from './features/session/leave.ts'
import { sessionQuery } from './features/session/session.ts'
import { createConsoleRouter } from './routes/router.ts'
import { ToastRegion } from './ui/toast.tsx'

const RETRIES_MAX = 2

function onError(error: unknown): void {
  const isAtSignIn = router.state.location.pathname === '/sign-in'
  if (!isSignedOut(error) || isAtSignIn) return
  void leaveForSignIn(router, queryClient)
}

const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      const isFirstAsk = query.queryKey[0] === 'getSession' && query.state.data === undefined
      if (!isFirstAsk) onError(error)
    },
  }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: { retry: (failures, error) => isTransient(error) && failures < RETRIES_MAX },
  },
})

const router = createConsoleRouter(queryClient)

/** Exchanges the code of a one-time link; what went wrong with it shows at the sign-in. */
async function signInOnArrival(): Promise<void> {
  const arrival = readArrival(new URL(location.href))
  if (arrival.code === null) return
  history.replaceState(null, '', arrival.address)
  try {
    const session = await call('createSession', { body: { credential: arrival.code } })
    queryClient.setQueryData(sessionQuery.queryKey, session)
  } catch {
    // An old link in the address of somebody who is signed in already does no harm; everybody else learns at the
    // sign-in that the link is spent.
    const isSignedIn = await queryClient.ensureQueryData(sessionQuery).then(Boolean, () => false)
    if (!isSignedIn) history.replaceState(null, '', '/sign-in?reason=link')
  }
}

await signInOnArrival()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id root.')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <ToastRegion />
    </QueryClientProvider>
  </StrictMode>,
)

const QUIET_AFTER_MS = 2000

/** The other pages' code comes while nothing else does, so that going there works even while the server is away. */
async function loadOtherPages(): Promise<void> {
  const routes = Object.values(router.routesById)
  await Promise.allSettled(routes.map(async (route) => router.loadRouteChunk(route)))
}

setTimeout(() => void loadOtherPages(), QUIET_AFTER_MS)
