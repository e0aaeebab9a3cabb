/** `spillway cache`: how often a project's cache had the answer, and how to empty it. */
import type { CacheState } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { group as grouped } from '../output/amount.ts'
import { confirm } from './confirm.ts'

interface ProjectOptions {
  readonly project?: string
}

interface PurgeOptions extends ProjectOptions {
  readonly yes?: boolean
}

const PROJECT = () => new Option('--project <id>', 'of which project; default: your own')

export function addCacheCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'cache', 'See and empty the cache of answers')
  addCommand<ProjectOptions>(group, context, {
    usage: 'show',
    summary: 'Show how large the cache is, and how often it had the answer',
    details: 'It is turned on with `spillway content set --cache on`.',
    example: 'spillway cache show',
    persona: 'demo',
    options: [PROJECT()],
    run: showCache,
  })
  addCommand<PurgeOptions>(group, context, {
    usage: 'purge',
    summary: 'Delete every answer of the cache; none of them is given again',
    example: 'spillway cache purge --yes',
    persona: 'demo',
    options: [PROJECT(), new Option('--yes', 'do not ask')],
    run: purgeCache,
  })
}

function renderCache(state: CacheState): string {
  const { mode, answers, bytes, hits, misses, hitPercent, days } = state
  const rate = hitPercent === null ? 'nothing was looked for' : `${hitPercent.toFixed(1)} % hits`
  const tokens = days.reduce((sum, { hitTokens }) => sum + hitTokens, 0)
  return [
    `cache ${mode}: ${grouped(answers)} answers, ${grouped(Math.round(bytes / 1024))} KiB`,
    `30 days: ${rate} (${grouped(hits)} hits, ${grouped(misses)} misses), ${grouped(tokens)} tokens given again`,
  ].join('\n')
}

async function showCache(call: Call<ProjectOptions>): Promise<void> {
  const { project } = call.options
  const query = project === undefined ? {} : { projectId: project }
  const state = await call.client().getCache({ query })
  await call.present(state, () => renderCache(state))
}

async function purgeCache(call: Call<PurgeOptions>): Promise<void> {
  const { project } = call.options
  if (call.options.yes !== true) await confirm(call, 'Delete every answer of the cache?')
  const body = project === undefined ? {} : { projectId: project }
  const done = await call.client().purgeCache({ body })
  await call.present(done, ({ deleted }) => `deleted ${grouped(deleted)} answers`)
}
