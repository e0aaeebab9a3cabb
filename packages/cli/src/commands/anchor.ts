/** `spillway anchor run`: the operator's own work, which outranks what is sold. */
import { Option, type Command } from 'commander'
import { addCommand, addGroup, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { followLease } from '../follow/follow.ts'
import { outcomeOf } from '../follow/outcome.ts'
import { renderLease, renderOutcome, renderPlace } from '../output/lease.ts'
import { addAnchorDemand } from './anchor-demand.ts'
import {
  commandArgument,
  explainSeparator,
  followToEnd,
  tellDetached,
  warnOfShellLine,
  workBody,
  workOptions,
  type WorkOptions,
} from './work.ts'

interface AnchorOptions extends WorkOptions {
  /** Commander stores `--no-wait` as `wait: false`. */
  readonly wait: boolean
}

const AS = ' --as operator'

export function addAnchorCommands(program: Command, context: Context): void {
  const group = addGroup(program, 'anchor', 'Run the operator’s own work')
  const command = addCommand<AnchorOptions>(group, context, {
    usage: 'run',
    summary: 'Run your own work: it outranks what is sold, and is not charged',
    details:
      'Where there is no free room, spot and flex leases get their notice and are reclaimed. It shows who is ' +
      'reclaimed and until when, and returns once the command runs. With --json it does not wait.',
    example: 'spillway anchor run --gpus 2 --follow -- python3 train.py',
    persona: 'operator',
    arguments: [commandArgument()],
    options: [...workOptions(context), new Option('--no-wait', 'return as soon as it is accepted')],
    run: runAnchor,
  })
  explainSeparator(command)
  addAnchorDemand(group, context)
}

async function runAnchor(call: Call<AnchorOptions>): Promise<number> {
  const { options, output, surroundings } = call
  const body = workBody(call)
  await warnOfShellLine(call, body.command)
  const client = call.client()
  const lease = await client.runAnchor({ body })
  if (options.follow === true) {
    await output.note(`lease ${lease.id}`)
    return followToEnd(call, lease, { as: AS })
  }
  if (call.isJson || !options.wait) {
    await call.present(lease, () => renderLease(lease, surroundings.nowMs(), output.paint))
    return EXIT.ok
  }
  await output.note(`lease ${lease.id}`)
  const take = output.write
  const followed = await followLease({
    client,
    output,
    surroundings,
    id: lease.id,
    until: 'started',
    take,
  })
  if (followed.kind === 'detached') {
    await tellDetached(call, lease.id, AS)
    return EXIT.detached
  }
  const started = followed.lease
  if (started.state === 'ended') {
    await output.note(renderOutcome(started))
    return outcomeOf(started)
  }
  await output.print(`${started.id} runs on ${renderPlace(started) ?? started.pool}`)
  await output.note(`follow it: spillway lease logs -f ${started.id}${AS}`)
  return EXIT.ok
}
