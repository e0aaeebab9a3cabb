/** Organizations and their credit. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Amount, Instant, OrganizationId, PositiveAmount, list } from './primitives.ts'

export const Organization = z.object({
  id: OrganizationId,
  name: z.string(),
  kind: z.enum(['operator', 'internal', 'customer']),
  createdAt: Instant,
  balanceUsd: Amount,
  heldUsd: Amount,
})
export type Organization = z.infer<typeof Organization>

export const listOrganizations = endpoint({
  id: 'organization.list',
  method: 'GET',
  path: '/organizations',
  summary: 'List organizations with their balances',
  permission: 'organization.list',
  returns: list(Organization),
})

export const createOrganization = endpoint({
  id: 'organization.create',
  method: 'POST',
  path: '/organizations',
  summary: 'Create a customer organization with its first API key; its balance is zero',
  permission: 'organization.create',
  body: z.strictObject({ name: z.string().min(1).max(120) }),
  returns: z.object({ organization: Organization, apiKey: z.string() }),
  errors: ['organization.name_taken'],
  status: 201,
})

export const grantCredit = endpoint({
  id: 'credit.grant',
  method: 'POST',
  path: '/organizations/{id}/credits',
  summary: 'Add prepaid credit to an organization',
  permission: 'credit.grant',
  params: z.strictObject({ id: OrganizationId }),
  body: z.strictObject({
    amountUsd: PositiveAmount.refine((amount) => /[1-9]/.test(amount), 'must be more than zero'),
    note: z.string().max(200).optional(),
  }),
  returns: Organization,
  errors: ['organization.not_found'],
  status: 201,
})
