/** Who is acting. */
import type { Role } from '@spillway/contract'

export interface Principal {
  readonly apiKeyId: string
  readonly organizationId: string
  readonly organizationName: string
  readonly organizationKind: 'operator' | 'internal' | 'customer'
  readonly projectId: string
  readonly projectName: string
  readonly role: Role
}
