/** Where to go after signing in: an address of this console only, never one that a link smuggled in. */
export function safeNext(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next) || next.startsWith('/sign-in')) return '/'
  return next
}
