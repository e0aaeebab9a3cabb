/** What every group of fields of the lease form is handed. */
import type { Pool } from '@spillway/contract'
import type { UseFormReturn } from 'react-hook-form'
import type { LeaseDraft } from './lease-draft.ts'

export interface LeaseFieldsProps {
  readonly form: UseFormReturn<LeaseDraft>
  readonly draft: LeaseDraft
  readonly pools: readonly Pool[]
  readonly pool: Pool | undefined
  readonly canRunAnchor: boolean
}
