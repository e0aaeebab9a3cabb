/** `spillway simulate` and `spillway simulation`: what a fleet would sell and earn under a scenario. */
import { basename, dirname, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Client, Simulation, SimulationWithResult } from '@spillway/contract'
import { Argument, type Command, Option } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { renderSimulationPage } from '../output/simulation-page.ts'
import { renderProgress, renderSimulations, renderVariants } from '../output/simulation.ts'
import { findId } from './find.ts'

interface PageOption {
  readonly html?: string
  readonly difference?: boolean
}

const LOOK_EVERY_MS = 250
const SHOWING = () => [
  new Option('--html <file>', 'write a page with charts, complete in one file'),
  new Option('--difference', 'tell each variant less the base, seed by seed'),
]

export function addSimulationCommands(program: Command, context: Context): void {
  addCommand<PageOption>(program, context, {
    usage: 'simulate',
    summary: 'Simulate a scenario: what a fleet would sell and earn, variants side by side',
    details: 'The files that the scenario names as `fleet` and `trace` are looked for beside it.',
    example: 'spillway simulate examples/plan.yaml --html plan.html',
    persona: 'operator',
    arguments: [new Argument('<file>', 'the scenario, in YAML')],
    options: SHOWING(),
    run: simulate,
  })
  const group = addGroup(program, 'simulation', 'Look at simulations')
  addCommand(group, context, {
    usage: 'list',
    summary: 'List simulations, newest first',
    example: 'spillway simulation list',
    persona: 'operator',
    run: listSimulations,
  })
  addCommand<PageOption>(group, context, {
    usage: 'show',
    summary: 'Show a simulation with its result',
    example: 'spillway simulation show 4k2 --html plan.html',
    persona: 'operator',
    arguments: [idArgument()],
    options: SHOWING(),
    run: showSimulation,
  })
  addCommand(group, context, {
    usage: 'cancel',
    summary: 'Cancel a simulation that is not over',
    example: 'spillway simulation cancel 4k2',
    persona: 'operator',
    arguments: [idArgument()],
    run: cancelSimulation,
  })
}

function idArgument(): Argument {
  return new Argument('<id>', 'its name, or its id or the start or end of it')
}

function readText(call: Call<object>, path: string): string {
  const text = call.surroundings.readFile(path)
  if (text !== null) return text
  throw new Failure(`There is no file ${path}, or it cannot be read.`, { exitCode: EXIT.usage })
}

/** The file that the scenario names on its line `fleet: …` or `trace: …`; relative to the scenario. */
function fileNamed(scenario: string, key: 'fleet' | 'trace', folder: string): string | null {
  const [, name] =
    new RegExp(`^${key}:[ \\t]*["']?([^"'#\\n]+?)["']?[ \\t]*(#.*)?$`, 'm').exec(scenario) ?? []
  return name === undefined ? null : resolve(folder, name)
}

function order(call: Call<object>) {
  const path = resolve(call.surroundings.currentFolder, call.words[0] ?? '')
  const scenario = readText(call, path)
  const fleet = fileNamed(scenario, 'fleet', dirname(path))
  const trace = fileNamed(scenario, 'trace', dirname(path))
  if (trace?.endsWith('.gz'))
    throw new Failure(`${basename(trace)} is packed.`, {
      exitCode: EXIT.usage,
      remedy: 'Unpack it first with gunzip, and name the unpacked file.',
    })
  return {
    scenario,
    ...(fleet === null ? {} : { fleet: readText(call, fleet) }),
    ...(trace === null ? {} : { trace: gzipSync(readText(call, trace)).toString('base64') }),
  }
}

async function simulate(call: Call<PageOption>): Promise<number> {
  const body = order(call)
  const client = call.client()
  const { id } = await client.createSimulation({ body })
  return present(call, await untilOver(call, client, id))
}

function isOver({ state }: Simulation): boolean {
  return state !== 'queued' && state !== 'running'
}

/** Waits for the end. Ctrl-C cancels the simulation. */
async function untilOver(call: Call<object>, client: Client, id: string) {
  const { surroundings, output } = call
  const interrupt = new AbortController()
  const forget = surroundings.onInterrupt(() => interrupt.abort())
  try {
    for (;;) {
      const found = await client.getSimulation({ params: { id } })
      if (isOver(found)) return found
      if (interrupt.signal.aborted) await client.cancelSimulation({ params: { id } })
      output.progress(renderProgress(found))
      await surroundings.wait(LOOK_EVERY_MS, interrupt.signal)
    }
  } finally {
    forget()
    output.progress(null)
  }
}

function tableOptions({ output }: Call<object>) {
  return { paint: output.paint, columnsMax: output.columns() }
}

async function writePage(call: Call<PageOption>, found: SimulationWithResult): Promise<void> {
  const { html } = call.options
  if (html === undefined) return
  const file = call.surroundings.createFile(resolve(call.surroundings.currentFolder, html))
  await file.write(new TextEncoder().encode(renderSimulationPage(found)))
  await file.end()
  await call.output.note(`${html} is written`)
}

/** The exit code says whether there is a result. */
async function present(call: Call<PageOption>, found: SimulationWithResult): Promise<number> {
  const { state, result, failure, notes, id, seeds, horizonDays } = found
  if (result !== null) await writePage(call, found)
  await call.present(found, () => {
    if (result === null) return `${id} is ${state}${failure === null ? '' : `: ${failure}`}`
    const sure = seeds === 1 ? 'one run' : `${seeds} seeds; ± is the 95 % confidence interval`
    return [
      renderVariants(result, {
        ...tableOptions(call),
        isDifference: call.options.difference ?? false,
      }),
      call.output.paint('dim', `${horizonDays} days, ${sure}. ${id}`),
      ...notes.map((note) => call.output.paint('dim', note)),
    ].join('\n')
  })
  if (state === 'failed') return EXIT.refused
  return state === 'cancelled' ? EXIT.unfinished : EXIT.ok
}

function findSimulation(call: Call<object>): Promise<string> {
  return findId(call.words[0] ?? '', {
    prefix: 'sim',
    noun: 'simulation',
    listing: 'spillway simulation list',
    candidates: async () =>
      (await call.client().listSimulations()).items.map(({ id, name, state }) => ({
        ...{ id, name },
        label: `${name}, ${state}`,
      })),
  })
}

async function listSimulations(call: Call): Promise<void> {
  const page = await call.client().listSimulations()
  await call.present(page, ({ items }) =>
    items.length === 0
      ? 'no simulations'
      : renderSimulations(items, call.surroundings.nowMs(), tableOptions(call)),
  )
}

async function showSimulation(call: Call<PageOption>): Promise<number> {
  const id = await findSimulation(call)
  return present(call, await call.client().getSimulation({ params: { id } }))
}

async function cancelSimulation(call: Call): Promise<void> {
  const id = await findSimulation(call)
  const cancelled = await call.client().cancelSimulation({ params: { id } })
  await call.present(cancelled, () => `${id} is cancelled`)
}
