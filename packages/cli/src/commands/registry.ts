/** `spillway registry`: logins for images that a registry shows to known people only. A password is never an argument. */
import type { RegistryLogin } from '@spillway/contract'
import { Argument, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { usageFailure } from '../failure.ts'
import { renderTable } from '../output/table.ts'
import { toLine } from '../output/text.ts'
import { renderRelative } from '../output/time.ts'
import { confirm } from './confirm.ts'

interface LoginOptions {
  readonly username: string
}

const registryArgument = () => new Argument('<registry>', 'its host, such as ghcr.io')

export function addRegistryCommands(program: Command, context: Context): void {
  const registry = addGroup(program, 'registry', 'Manage logins at registries of container images')
  addCommand(registry, context, {
    usage: 'list',
    summary: 'List the registries at which the organization has a login',
    example: 'spillway registry list',
    persona: 'demo',
    run: list,
  })
  addCommand<LoginOptions>(registry, context, {
    usage: 'login',
    summary: 'Keep a login, for the images of the organization’s leases',
    details:
      'The password, or better a token that may only read, is asked for, or read from a pipe. It is kept sealed, ' +
      'given to that registry alone, and never shown again.',
    example: 'spillway registry login ghcr.io --username ada < token.txt',
    persona: 'demo',
    arguments: [registryArgument()],
    options: [new Option('--username <name>', 'who the registry knows').makeOptionMandatory()],
    run: login,
  })
  addCommand<{ readonly yes?: boolean }>(registry, context, {
    usage: 'logout',
    summary: 'Forget a login; leases that run go on',
    example: 'spillway registry logout ghcr.io --yes',
    persona: 'demo',
    arguments: [registryArgument()],
    options: [new Option('-y, --yes', 'do not ask')],
    run: logout,
  })
}

async function list(call: Call): Promise<void> {
  const { output, surroundings } = call
  const logins = await call.client().listRegistries()
  await call.present(logins, ({ items }) =>
    items.length === 0 ? output.paint('dim', 'no logins') : renderLogins(items),
  )
  function renderLogins(items: readonly RegistryLogin[]): string {
    const options = { paint: output.paint, columnsMax: output.columns() }
    return renderTable(
      [
        { heading: 'REGISTRY', cell: (each) => each.registry },
        { heading: 'USERNAME', isFlexible: true, cell: (each) => each.username },
        { heading: 'SET', cell: (each) => renderRelative(each.setAt, surroundings.nowMs()) },
      ],
      items,
      options,
    )
  }
}

async function readPassword({ surroundings }: Call<LoginOptions>, registry: string) {
  const typed = surroundings.isStdinTty
    ? await surroundings.ask(`Password or token for ${registry}: `, { isHidden: true })
    : await surroundings.readStdin()
  const password = (typed ?? '').replace(/\r?\n$/, '')
  if (password === '')
    throw usageFailure('No password was given.', 'Type it when asked, or pipe it in.')
  return password
}

async function login(call: Call<LoginOptions>): Promise<void> {
  const registry = call.words[0] ?? ''
  const { username } = call.options
  const password = await readPassword(call, registry)
  const kept = await call.client().loginRegistry({ body: { registry, username, password } })
  await call.present(
    kept,
    () => `${kept.registry} is asked as ${toLine(kept.username)} from now on`,
  )
}

async function logout(call: Call<{ readonly yes?: boolean }>): Promise<void> {
  const registry = call.words[0] ?? ''
  if (call.options.yes !== true) await confirm(call, `Forget the login at ${registry}?`)
  const forgotten = await call.client().logoutRegistry({ params: { registry } })
  await call.present(forgotten, () => `the login at ${forgotten.registry} is forgotten`)
}
