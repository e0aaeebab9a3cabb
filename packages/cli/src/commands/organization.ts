/** `spillway organization`: the buyers, as the operator sees them. */
import type { Organization } from '@spillway/contract'
import { Argument, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderAmount } from '../output/amount.ts'
import { renderTable, type TableOptions } from '../output/table.ts'
import { renderRelative } from '../output/time.ts'
import { addCreditCommand } from './credit.ts'

export function addOrganizationCommands(program: Command, context: Context): void {
  const organization = addGroup(program, 'organization', 'Look after the buyers')
  addCommand(organization, context, {
    usage: 'list',
    summary: 'List organizations with their balances',
    example: 'spillway organization list',
    persona: 'operator',
    run: listOrganizations,
  })
  addCommand(organization, context, {
    usage: 'create',
    summary: 'Create a buyer with its first API key; its balance is zero',
    details: 'The key alone goes to stdout, once.',
    example: 'spillway organization create "Example Robotics"',
    persona: 'operator',
    arguments: [new Argument('<name>', 'its name')],
    run: createOrganization,
  })
  addCreditCommand(organization, context)
}

async function listOrganizations(call: Call): Promise<void> {
  const { output, surroundings } = call
  const organizations = await call.client().listOrganizations()
  const options = { paint: output.paint, columnsMax: output.columns() }
  await call.present(organizations, ({ items }) =>
    renderOrganizations(items, surroundings.nowMs(), options),
  )
}

async function createOrganization(call: Call): Promise<void> {
  const created = await call.client().createOrganization({ body: { name: call.words[0] ?? '' } })
  const { id } = created.organization
  await call.present(created, () => created.apiKey)
  if (call.isJson) return
  await call.output.note(`${id}. Keep its key now: it is not shown again.
give it credit: spillway organization credit ${id} 100.00`)
}

export function renderOrganizations(
  organizations: readonly Organization[],
  nowMs: number,
  options: TableOptions,
): string {
  return renderTable(
    [
      { heading: 'ID', cell: (each) => each.id },
      { heading: 'NAME', isFlexible: true, cell: (each) => each.name },
      { heading: 'KIND', cell: (each) => each.kind },
      { heading: 'BALANCE USD', align: 'amount', cell: (each) => renderAmount(each.balanceUsd) },
      { heading: 'HELD USD', align: 'amount', cell: (each) => renderAmount(each.heldUsd) },
      { heading: 'CREATED', cell: (each) => renderRelative(each.createdAt, nowMs) },
    ],
    organizations,
    options,
  )
}
