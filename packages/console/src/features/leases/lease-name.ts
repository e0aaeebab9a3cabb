/** What people call a lease. */
import type { Lease } from '@spillway/contract'

/** Its name, or else its command. */
export function leaseName(lease: Pick<Lease, 'name' | 'command'>): string {
  return lease.name || lease.command.join(' ')
}
