/** The way out when a session has ended by itself: to the sign-in, and from there back to the same page. */
import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'

/** Answers are forgotten only after the page is left: until then it still shows them. */
export async function leaveForSignIn(router: AnyRouter, queryClient: QueryClient): Promise<void> {
  const next = router.state.location.href
  await router.navigate({ to: '/sign-in', search: { next, reason: 'expired' } })
  queryClient.clear()
}
