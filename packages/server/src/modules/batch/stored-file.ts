/** A file as its project sees it; its bytes are elsewhere. */
import type { FilePurpose } from '@spillway/contract'

export interface StoredFile {
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  readonly purpose: FilePurpose
  readonly name: string
  readonly size: number
  readonly createdAt: Date
  readonly expiresAt: Date
}
