/** `spillway lease`: what runs, has run, and how it went. */
import { LeaseKind, LeaseState } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderFacts, renderLease, renderLeases } from '../output/lease.ts'
import { renderCommand, truncate } from '../output/text.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'
import { findLease, leaseArgument } from './lease-argument.ts'
import { addLeaseArtifacts } from './lease-artifacts.ts'
import { addLeaseConfirmGone } from './lease-confirm-gone.ts'
import { addLeaseCreate } from './lease-create.ts'
import { addLeaseForward } from './lease-forward.ts'
import { addLeaseLogs } from './lease-logs.ts'
import { addLeaseShell } from './lease-shell.ts'

export function addLeaseCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'lease', 'Run commands on GPUs')
  addLeaseCreate(group, context)
  addLeaseList(group, context)
  addCommand(group, context, {
    usage: 'show',
    summary: 'Show a lease with its timeline',
    example: 'spillway lease show 4kq2',
    persona: 'demo',
    arguments: [leaseArgument()],
    run: showLease,
  })
  addLeaseShell(group, context)
  addLeaseForward(group, context)
  addLeaseLogs(group, context)
  addLeaseArtifacts(group, context)
  addCommand<{ readonly yes?: boolean }>(group, context, {
    usage: 'stop',
    summary: 'Stop a lease; billing ends when its processes are gone',
    example: 'spillway lease stop 4kq2 --yes',
    persona: 'demo',
    arguments: [leaseArgument()],
    options: [new Option('-y, --yes', 'do not ask')],
    run: stopLease,
  })
  addCommand(group, context, {
    usage: 'checkpoint',
    summary: 'Say that a lease has saved its work, which a reclaim then does not lose',
    example: 'spillway lease checkpoint 4kq2',
    persona: 'demo',
    arguments: [leaseArgument()],
    run: reportCheckpoint,
  })
  addCommand(group, context, {
    usage: 'events',
    summary: 'List what happened to a lease, oldest first',
    example: 'spillway lease events 4kq2',
    persona: 'demo',
    arguments: [leaseArgument()],
    run: listFacts,
  })
  addLeaseConfirmGone(group, context)
}

const LIMIT_MAX = 1000

interface ListOptions {
  readonly state?: LeaseState
  readonly kind?: LeaseKind
  readonly pool?: string
  readonly atRisk?: boolean
  readonly limit: number
}

function addLeaseList(group: Command, context: Context): void {
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List leases, newest first',
    example: 'spillway lease list --state running',
    persona: 'demo',
    options: [
      new Option('--state <state>', 'only those in this state').choices(LeaseState.options),
      new Option('--kind <kind>', 'only those of this kind').choices(LeaseKind.options),
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--at-risk', 'only those that are likely to be taken back'),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: LIMIT_MAX }))
        .default(50),
    ],
    run: listLeases,
  })
}

async function listLeases(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings, options } = call
  const { atRisk, ...rest } = options
  const query = { ...rest, ...(atRisk === true ? { atRisk: 'true' } : {}) }
  const page = await call.client().listLeases({ query })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'no leases')
      : renderLeases(items, surroundings.nowMs(), {
          paint: output.paint,
          columnsMax: output.columns(),
        }),
  )
  if (page.nextCursor !== null && !call.isJson)
    await output.note(`older ones are not shown; ${moreHint(options.limit)}`)
}

function moreHint(limit: number): string {
  return limit < LIMIT_MAX
    ? `see more with --limit ${Math.min(limit * 2, LIMIT_MAX)}`
    : 'narrow the list with --state, --kind or --pool'
}

async function showLease(call: Call): Promise<void> {
  const client = call.client()
  const params = { id: await findLease(call) }
  const lease = await client.getLease({ params })
  if (call.isJson) return call.output.printDocument(lease)
  const facts = await client.listLeaseFacts({ params })
  const { paint } = call.output
  const nowMs = call.surroundings.nowMs()
  await call.output.print(
    `${renderLease(lease, nowMs, paint)}\n\n${renderFacts(facts.items, nowMs, paint)}`,
  )
}

async function listFacts(call: Call): Promise<void> {
  const facts = await call.client().listLeaseFacts({ params: { id: await findLease(call) } })
  await call.present(facts, ({ items }) =>
    renderFacts(items, call.surroundings.nowMs(), call.output.paint),
  )
}

async function reportCheckpoint(call: Call): Promise<void> {
  const saved = await call.client().reportCheckpoint({ params: { id: await findLease(call) } })
  await call.present(saved, () => `saved at ${saved.checkpointAt}`)
}

async function stopLease(call: Call<{ readonly yes?: boolean }>): Promise<void> {
  const client = call.client()
  const params = { id: await findLease(call) }
  if (call.options.yes !== true) {
    const lease = await client.getLease({ params })
    await confirm(call, `Stop ${lease.id} (${truncate(renderCommand(lease.command), 40)})?`)
  }
  const lease = await client.stopLease({ params })
  await call.present(lease, () => renderLease(lease, call.surroundings.nowMs(), call.output.paint))
}
