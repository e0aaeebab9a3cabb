/** `spillway webhook`: endpoints that are told what happens to leases, and what was sent to them. */
import { WEBHOOK_DEFAULT_EVENTS, WebhookEvent } from '@spillway/contract'
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type CommandSpec, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { toLine } from '../output/text.ts'
import {
  renderDeliveries,
  renderDelivery,
  renderWebhook,
  renderWebhooks,
} from '../output/webhook.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { confirm } from './confirm.ts'
import { findId } from './find.ts'

interface CreateOptions {
  readonly event?: readonly WebhookEvent[]
  readonly description?: string
  readonly fleet?: boolean
}

interface DeliveriesOptions {
  readonly state?: 'pending' | 'delivered' | 'failed'
  readonly limit: number
}

type YesOptions = { readonly yes?: boolean }

const TEST_WITHIN_MS = 15_000
const TEST_LOOK_EVERY_MS = 200

export function addWebhookCommands(program: Command, context: Context): void {
  const webhook = addGroup(program, 'webhook', 'Have your own systems told what happens to leases')
  addCommand<CreateOptions>(webhook, context, {
    usage: 'create',
    summary: 'Create a webhook; its signing secret is shown once',
    details: `The secret alone goes to stdout. Without --event it is told of: ${WEBHOOK_DEFAULT_EVENTS.join(', ')}.`,
    example: 'spillway webhook create https://example.com/hooks --event lease.notice_given',
    persona: 'demo',
    arguments: [new Argument('<url>', 'where to send, with https')],
    options: [
      new Option('--event <types...>', 'what to be told of').argParser(eventType),
      new Option('--description <text>', 'what it is for'),
      new Option('--fleet', 'of every organization’s leases; for the operator'),
    ],
    run: createWebhook,
  })
  addCommand(webhook, context, {
    usage: 'list',
    summary: 'List the organization’s webhooks',
    example: 'spillway webhook list',
    persona: 'demo',
    run: listWebhooks,
  })
  addCommand(webhook, context, about('show', 'Show a webhook', showWebhook))
  addCommand(
    webhook,
    context,
    about('rotate', 'Give it a new secret; for a day the old one signs too', rotateWebhook),
  )
  addCommand(
    webhook,
    context,
    about('enable', 'Enable it again after it was disabled', enableWebhook),
  )
  addCommand(
    webhook,
    context,
    about('test', 'Send a test message and wait for the answer', testWebhook),
  )
  addCommand<YesOptions>(webhook, context, {
    ...about<YesOptions>('delete', 'Delete it with its deliveries', deleteWebhook),
    options: [new Option('-y, --yes', 'do not ask')],
  })
  addDeliveryCommands(webhook, context)
}

function addDeliveryCommands(webhook: Command, context: Context): void {
  addCommand<DeliveriesOptions>(webhook, context, {
    ...about<DeliveriesOptions>('deliveries', 'List what was sent, newest first', listDeliveries),
    options: [
      new Option('--state <state>', 'only these').choices(['pending', 'delivered', 'failed']),
      new Option('--limit <count>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: 1000 }))
        .default(20),
    ],
  })
  addCommand(webhook, context, {
    usage: 'redeliver',
    summary: 'Send a message once more, with the same id',
    example: 'spillway webhook redeliver 4k2 9xq',
    persona: 'demo',
    arguments: [webhookArgument(), new Argument('<delivery>', 'its id, or the start or end of it')],
    run: redeliver,
  })
}

/** A command about one webhook. */
function about<Options = {}>(
  verb: string,
  summary: string,
  run: CommandSpec<Options>['run'],
): CommandSpec<Options> {
  const example = `spillway webhook ${verb} 4k2`
  return { usage: verb, summary, example, persona: 'demo', arguments: [webhookArgument()], run }
}

function webhookArgument(): Argument {
  return new Argument('<id>', 'its URL, or its id or the start or end of it')
}

function eventType(text: string, before: readonly WebhookEvent[] = []): readonly WebhookEvent[] {
  const parsed = WebhookEvent.safeParse(text)
  if (parsed.success) return [...before, parsed.data]
  throw new InvalidArgumentError(`There are: ${WebhookEvent.options.join(', ')}.`)
}

function findWebhook(call: Call<object>): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'whk',
    noun: 'webhook',
    listing: 'spillway webhook list',
    candidates: async () =>
      (await call.client().listWebhooks()).items.map(({ id, url }) => ({
        id,
        label: toLine(url),
        name: url,
      })),
  })
}

function tableOptions({ output }: Call<object>) {
  return { paint: output.paint, columnsMax: output.columns() }
}

async function createWebhook(call: Call<CreateOptions>): Promise<void> {
  const { options, output } = call
  const created = await call.client().createWebhook({
    body: {
      url: call.words[0] ?? '',
      ...(options.event === undefined ? {} : { events: [...options.event] }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.fleet === true ? { scope: 'fleet' as const } : {}),
    },
  })
  await call.present(created, () => created.secret)
  if (call.isJson) return
  await output.note(`${created.webhook.id}. Keep the secret now: it is not shown again.`)
  await output.note(`try it: spillway webhook test ${created.webhook.id}`)
}

async function listWebhooks(call: Call): Promise<void> {
  const webhooks = await call.client().listWebhooks()
  await call.present(webhooks, ({ items }) =>
    items.length === 0
      ? 'no webhooks'
      : renderWebhooks(items, call.surroundings.nowMs(), tableOptions(call)),
  )
}

async function showWebhook(call: Call): Promise<void> {
  const webhook = await call.client().getWebhook({ params: { id: await findWebhook(call) } })
  await call.present(webhook, () =>
    renderWebhook(webhook, call.surroundings.nowMs(), call.output.paint),
  )
}

async function rotateWebhook(call: Call): Promise<void> {
  const rotated = await call.client().rotateWebhook({ params: { id: await findWebhook(call) } })
  await call.present(rotated, () => rotated.secret)
  if (!call.isJson)
    await call.output.note(
      `Keep it now: it is not shown again. The old secret signs too until ${rotated.webhook.previousSecretUntil ?? ''}.`,
    )
}

async function enableWebhook(call: Call): Promise<void> {
  const webhook = await call.client().enableWebhook({ params: { id: await findWebhook(call) } })
  await call.present(webhook, () => `${webhook.id} is enabled`)
}

async function deleteWebhook(call: Call<YesOptions>): Promise<void> {
  const id = await findWebhook(call)
  if (call.options.yes !== true) await confirm(call, `Delete ${id} with its deliveries?`)
  const deleted = await call.client().deleteWebhook({ params: { id } })
  await call.present(deleted, () => `${id} (${toLine(deleted.url)}) is deleted`)
}

/** Waits for the first try. The exit code says whether the message arrived. */
async function testWebhook(call: Call): Promise<number> {
  const { surroundings } = call
  const client = call.client()
  const id = await findWebhook(call)
  let delivery = await client.testWebhook({ params: { id } })
  const endMs = surroundings.nowMs() + TEST_WITHIN_MS
  while (delivery.attempts === 0 && surroundings.nowMs() < endMs) {
    await surroundings.wait(TEST_LOOK_EVERY_MS)
    const { items } = await client.listWebhookDeliveries({ params: { id } })
    delivery = items.find((each) => each.id === delivery.id) ?? delivery
  }
  await call.present(delivery, renderDelivery)
  return delivery.state === 'delivered' ? EXIT.ok : EXIT.refused
}

async function listDeliveries(call: Call<DeliveriesOptions>): Promise<void> {
  const { state, limit } = call.options
  const deliveries = await call.client().listWebhookDeliveries({
    params: { id: await findWebhook(call) },
    query: { limit, ...(state === undefined ? {} : { state }) },
  })
  await call.present(deliveries, ({ items }) =>
    items.length === 0
      ? 'nothing was sent'
      : renderDeliveries(items, call.surroundings.nowMs(), tableOptions(call)),
  )
}

async function redeliver(call: Call): Promise<void> {
  const client = call.client()
  const id = await findWebhook(call)
  const delivery = await findId(call.words[1] ?? '', {
    prefix: 'dlv',
    noun: 'delivery',
    listing: `spillway webhook deliveries ${id}`,
    candidates: async () => {
      const { items } = await client.listWebhookDeliveries({ params: { id } })
      return items.map((each) => ({ id: each.id, label: `${each.type} ${each.state}` }))
    },
  })
  const again = await client.redeliverWebhook({ params: { id, delivery } })
  await call.present(again, () => `${delivery} is sent again`)
}
