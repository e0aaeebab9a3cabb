/** `spillway fleet reconcile` and `spillway fleet cases`: the book against what each engine has. */
import type { Client } from '@spillway/contract'
import { Option, type Command } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { renderCases, renderReconciliation, type Reconciliation } from '../output/reconciliation.ts'
import type { TableOptions } from '../output/table.ts'

interface PoolOption {
  readonly pool?: string
}

interface CasesOptions extends PoolOption {
  readonly all?: boolean
}

export function addReconciliationCommands(fleet: Command, context: Context): void {
  addCommand<PoolOption>(fleet, context, {
    usage: 'reconcile',
    summary: 'Compare the book with the engines now, and show what differs',
    example: 'spillway fleet reconcile',
    persona: 'operator',
    options: [new Option('--pool <name>', 'only this pool')],
    run: reconcile,
  })
  addCommand<CasesOptions>(fleet, context, {
    usage: 'cases',
    summary: 'List differences between book and engines, with what to do about each',
    example: 'spillway fleet cases --all',
    persona: 'operator',
    options: [
      new Option('--pool <name>', 'only those of this pool'),
      new Option('--all', 'settled ones too'),
    ],
    run: cases,
  })
}

const WAIT_MAX_MS = 60_000
const LOOK_EVERY_MS = 200

function tableOptions({ output }: Call<object>): TableOptions {
  return { paint: output.paint, columnsMax: output.columns() }
}

/** Waits until each pool was compared after it was asked for. */
async function untilCompared(
  call: Call<object>,
  client: Client,
  { pools, askedAt }: { readonly pools: readonly string[]; readonly askedAt: string },
): Promise<Reconciliation> {
  const { surroundings } = call
  const deadlineMs = surroundings.nowMs() + WAIT_MAX_MS
  for (;;) {
    const found = await client.getReconciliation()
    const open = pools.filter((name) => {
      const run = found.pools.find((each) => each.pool === name)
      return run === undefined || run.startedAt < askedAt
    })
    if (open.length === 0) return found
    if (surroundings.nowMs() > deadlineMs)
      throw new Failure(`${open.join(', ')} was not compared in time.`, {
        exitCode: EXIT.unfinished,
        remedy: 'See `spillway system` for whether a server acts.',
      })
    call.output.progress(`comparing ${open.join(', ')}`)
    await surroundings.wait(LOOK_EVERY_MS)
  }
}

async function reconcile(call: Call<PoolOption>): Promise<void> {
  const client = call.client()
  const { pool } = call.options
  const asked = await client.runReconciliation({ body: pool === undefined ? {} : { pool } })
  const found = await untilCompared(call, client, asked)
  call.output.progress(null)
  const shown = {
    ...found,
    pools: found.pools.filter((each) => asked.pools.includes(each.pool)),
    cases: found.cases.filter((each) => asked.pools.includes(each.pool)),
  }
  await call.present(shown, () =>
    renderReconciliation(shown, call.surroundings.nowMs(), tableOptions(call)),
  )
}

async function cases(call: Call<CasesOptions>): Promise<void> {
  const { pool, all } = call.options
  const query = { ...(pool === undefined ? {} : { pool }), ...(all ? {} : { open: 'true' }) }
  const page = await call.client().listReconciliationCases({ query })
  await call.present(page, ({ items }) =>
    items.length === 0
      ? call.output.paint('dim', 'no cases')
      : renderCases(items, call.surroundings.nowMs(), tableOptions(call)),
  )
}
