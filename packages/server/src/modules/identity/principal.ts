/** Who is acting. */
import type { Role } from '@spillway/contract'
import type { KeyBounds } from '#kernel/key-bounds.ts'

export interface Principal {
  readonly apiKeyId: string
  readonly organizationId: string
  readonly organizationName: string
  readonly organizationKind: 'operator' | 'internal' | 'customer'
  readonly projectId: string
  readonly projectName: string
  readonly role: Role
  /** The first of the keys whose place this one took. Absent: it took nobody's. */
  readonly firstKeyId?: string
  /** Absent: the key is kept to nothing but its role. */
  readonly bounds?: KeyBounds
}
