/** `spillway outcome`: what became of tasks, what one of them cost, and what a success costs. */
import { Argument, InvalidArgumentError, Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { renderOutcome, renderOutcomeCost, renderOutcomes, renderTask } from '../output/outcomes.ts'
import { wholeNumber } from '../parse/option-values.ts'
import { periodOptions, type PeriodOptions } from './period.ts'

const TASK = new Argument('<task>', 'what you called it in x-spillway-task-id or metadata.task_id')

export function addOutcomeCommands(program: Command, context: Context): void {
  const group = addGroup(
    program,
    'outcome',
    'Tell what became of tasks, and see what a success costs',
  )
  addReport(group, context)
  addCommand<CostOptions>(group, context, {
    usage: 'cost',
    summary: 'Show what a success costs, every attempt counted, with how surely that is known',
    example: 'spillway outcome cost --from 24h --by model',
    persona: 'demo',
    options: [
      ...periodOptions(context),
      new Option('--by <what>', 'the first route that was tried, or the model that answered last')
        .choices(['route', 'model'])
        .default('route'),
    ],
    run: showCost,
  })
  addCommand<ListOptions>(group, context, {
    usage: 'list',
    summary: 'List what was reported, newest first, with what was superseded',
    example: 'spillway outcome list --task invoice-4711',
    persona: 'demo',
    options: [
      new Option('--task <task>', 'of one task only'),
      new Option('--limit <n>', 'at most so many')
        .argParser(wholeNumber({ least: 1, most: 1000 }))
        .default(50),
      new Option('--cursor <id>', 'continue where an earlier list stopped'),
    ],
    run: listOutcomes,
  })
  addCommand(group, context, {
    usage: 'task',
    summary: 'Show what one task cost, attempt by attempt',
    example: 'spillway outcome task invoice-4711',
    persona: 'demo',
    arguments: [TASK],
    run: showTask,
  })
}

interface ReportOptions {
  readonly value?: number
  readonly note?: string
  readonly idempotencyKey?: string
}

function addReport(group: Command, context: Context): void {
  addCommand<ReportOptions>(group, context, {
    usage: 'report',
    summary: 'Report what became of a task; a later report takes the place of an earlier one',
    details: 'With --idempotency-key, the same report sent again is one report.',
    example: 'spillway outcome report invoice-4711 success --value 0.92',
    persona: 'demo',
    arguments: [
      TASK,
      new Argument('<result>', 'what became of it').choices(['success', 'failure']),
    ],
    options: [
      new Option('--value <number>', 'a score or a worth, in a unit of your own').argParser(number),
      new Option('--note <text>', 'why, in a line'),
      new Option('--idempotency-key <text>', 'by which it is known again; default: a new one'),
    ],
    run: reportOutcome,
  })
}

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError('Write a number, such as 0.92.')
}

async function reportOutcome(call: Call<ReportOptions>): Promise<void> {
  const [taskId = '', result] = call.words
  const { value, note, idempotencyKey } = call.options
  const outcome = await call.client().reportOutcome({
    body: {
      ...{ taskId, result: result === 'success' ? 'success' : 'failure' },
      ...(value === undefined ? {} : { value }),
      ...(note === undefined ? {} : { note }),
    },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  await call.present(outcome, () => renderOutcome(outcome, call.output.paint))
}

interface CostOptions extends PeriodOptions {
  readonly by: 'route' | 'model'
}

async function showCost(call: Call<CostOptions>): Promise<void> {
  const { output } = call
  const report = await call.client().getOutcomeCost({ query: { ...call.options } })
  await call.present(report, () =>
    renderOutcomeCost(report, { paint: output.paint, columnsMax: output.columns() }),
  )
}

interface ListOptions {
  readonly task?: string
  readonly limit: number
  readonly cursor?: string
}

async function listOutcomes(call: Call<ListOptions>): Promise<void> {
  const { output, surroundings } = call
  const { task, limit, cursor } = call.options
  const page = await call.client().listOutcomes({
    query: { limit, ...(task && { taskId: task }), ...(cursor && { cursor }) },
  })
  const options = { paint: output.paint, columnsMax: output.columns() }
  await call.present(page, ({ items }) =>
    items.length === 0
      ? output.paint('dim', 'nobody has reported an outcome yet')
      : renderOutcomes(items, surroundings.nowMs(), options),
  )
  if (page.nextCursor !== null && !call.isJson)
    await output.note(`older ones: spillway outcome list --cursor ${page.nextCursor}`)
}

async function showTask(call: Call): Promise<void> {
  const { output, surroundings } = call
  const task = await call.client().getTask({ params: { taskId: call.words[0] ?? '' } })
  const options = { paint: output.paint, columnsMax: output.columns() }
  await call.present(task, () => renderTask(task, surroundings.nowMs(), options))
}
