/** `spillway budget`: the most money that may be spent on models in a period, and what is spent of it. */
import { BudgetPeriod } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderBudget, renderBudgets } from '../output/budgets.ts'
import { amount, wholeNumber } from '../parse/option-values.ts'
import { findId } from './find.ts'

interface SetOptions {
  readonly usd: string
  readonly period: BudgetPeriod
  readonly organization?: string
  readonly project?: string
  readonly ofKey?: string
  readonly endUser?: string
  readonly alert?: readonly number[]
}

export function addBudgetCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'budget', 'Keep spending on models to an amount in a period')
  addCommand(group, context, {
    usage: 'list',
    summary: 'List budgets with what is spent: yours, or as the operator all that are set',
    example: 'spillway budget list',
    persona: 'demo',
    run: listBudgets,
  })
  addCommand<SetOptions>(group, context, {
    usage: 'set',
    summary: 'Set the most that may be spent in a period; one for the same is replaced',
    details: 'Requests beyond it are refused before they run. What was admitted goes on.',
    example: 'spillway budget set --usd 50 --period month --end-user "*"',
    persona: 'demo',
    options: setOptions(),
    run: setBudget,
  })
  addCommand(group, context, {
    usage: 'delete',
    summary: 'Delete a budget: what it limited is limited by others only',
    example: 'spillway budget delete 4kq2',
    persona: 'demo',
    arguments: [new Argument('<id>', 'its id, or the start or end of it')],
    run: deleteBudget,
  })
}

function setOptions(): readonly Option[] {
  const percent = wholeNumber({ least: 1, most: 100 })
  return [
    new Option('--usd <amount>', 'the most').argParser(amount).makeOptionMandatory(),
    new Option('--period <period>', 'in a calendar period, UTC')
      .choices(BudgetPeriod.options)
      .default('month'),
    new Option('--of-key <name>', 'of one API key; default: of all together'),
    new Option('--project <id>', 'of one project; default: of all together'),
    new Option('--end-user <name>', 'of whom requests name as `user`; "*": of each by itself'),
    new Option('--organization <name>', 'as the operator: of this one; default: your own'),
    new Option(
      '--alert <percent>',
      'tell by an event at so much spent; default: 80 and 100',
    ).argParser((text: string, before: readonly number[] | undefined) => [
      ...(before ?? []),
      percent(text),
    ]),
  ]
}

async function listBudgets(call: Call): Promise<void> {
  const { output } = call
  const page = await call.client().listBudgets()
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no budget; only the balance is in the way')
      : renderBudgets(items, { paint: output.paint, columnsMax: output.columns() }),
  )
}

async function setBudget(call: Call<SetOptions>): Promise<void> {
  const { usd, period, organization, project, ofKey, endUser, alert } = call.options
  const client = call.client()
  const named = (rows: readonly { readonly id: string; readonly name: string }[]) =>
    rows.map(({ id, name }) => ({ id, name, label: name }))
  const apiKeyId =
    ofKey === undefined
      ? null
      : await findId(ofKey, {
          ...{ prefix: 'key', noun: 'key', listing: 'spillway key list' },
          candidates: async () =>
            named((await client.listApiKeys()).items.filter(({ revokedAt }) => revokedAt === null)),
        })
  const organizationId =
    organization === undefined
      ? null
      : await findId(organization, {
          ...{ prefix: 'org', noun: 'organization', listing: 'spillway organization list' },
          candidates: async () => named((await client.listOrganizations()).items),
        })
  const budget = await client.setBudget({
    body: {
      ...{ amountUsd: usd, period },
      ...(organizationId === null ? {} : { organizationId }),
      ...(project === undefined ? {} : { projectId: project }),
      ...(apiKeyId === null ? {} : { apiKeyId }),
      ...(endUser === undefined ? {} : { endUser }),
      ...(alert === undefined ? {} : { alerts: [...alert] }),
    },
  })
  await call.present(budget, () =>
    renderBudget(budget, call.surroundings.nowMs(), call.output.paint),
  )
}

async function deleteBudget(call: Call): Promise<void> {
  const client = call.client()
  const id = await findId(call.words[0] ?? '', {
    prefix: 'bud',
    noun: 'budget',
    listing: 'spillway budget list',
    candidates: async () =>
      (await client.listBudgets()).items.map(({ id, period, amountUsd }) => ({
        ...{ id, label: `${amountUsd} USD a ${period}` },
      })),
  })
  const done = await client.deleteBudget({ params: { id } })
  await call.present(done, () => `deleted ${id}`)
}
