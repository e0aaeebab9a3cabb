/** `spillway organization credit`: prepaid credit for a buyer. */
import { Argument, Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { renderAmount } from '../output/amount.ts'
import { toLine } from '../output/text.ts'
import { positiveAmount } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface CreditOptions {
  readonly note?: string
}

export function addCreditCommand(organization: Command, context: Context): void {
  addCommand<CreditOptions>(organization, context, {
    usage: 'credit',
    summary: 'Add prepaid credit to an organization',
    example: 'spillway organization credit "Example Robotics" 100.00 --note "welcome"',
    persona: 'operator',
    arguments: [
      new Argument('<id>', 'its name, or its id or the start or end of it'),
      new Argument('<amount>', 'USD, such as 100.00').argParser(positiveAmount),
    ],
    options: [new Option('--note <text>', 'why, for the record')],
    run: grantCredit,
  })
}

async function grantCredit(call: Call<CreditOptions>): Promise<void> {
  const [wanted = '', amountUsd = ''] = call.words
  const { note } = call.options
  const id = await findOrganization(call, wanted)
  const organization = await call.client().grantCredit({
    params: { id },
    body: { amountUsd, ...(note === undefined ? {} : { note }) },
  })
  await call.present(
    organization,
    () =>
      `${toLine(organization.name)} has ${renderAmount(organization.balanceUsd)} USD, ` +
      `${renderAmount(organization.heldUsd)} of it held`,
  )
}

function findOrganization(call: Call<object>, wanted: string): Promise<string> {
  return findId(wanted, {
    prefix: 'org',
    noun: 'organization',
    listing: 'spillway organization list',
    candidates: async () =>
      (await call.client().listOrganizations()).items.map(({ id, name }) => ({
        id,
        label: toLine(name),
        name,
      })),
  })
}
