/** The whole command tree, and the one place where an outcome becomes an exit code. */
import { ProblemError } from '@spillway/contract'
import { Command, CommanderError, Option } from 'commander'
import type { Context } from './command.ts'
import { addAnchorCommands } from './commands/anchor.ts'
import { addAuditCommands } from './commands/audit.ts'
import { addBalanceCommand } from './commands/balance.ts'
import { addBatchCommands } from './commands/batch.ts'
import { addBlockCommands } from './commands/block.ts'
import { addBooksCommand } from './commands/books.ts'
import { addBudgetCommands } from './commands/budget.ts'
import { addCacheCommands } from './commands/cache.ts'
import { addChatCommand } from './commands/chat.ts'
import { addClearingCommands } from './commands/clearing.ts'
import { addCompletionCommand } from './commands/completion.ts'
import { addContentCommands } from './commands/content.ts'
import { addDeploymentCommands } from './commands/deployment.ts'
import { addEventCommand } from './commands/event.ts'
import { addFileCommands } from './commands/file.ts'
import { addFleetCommand } from './commands/fleet.ts'
import { addForecastCommand } from './commands/forecast.ts'
import { addGuardrailCommands } from './commands/guardrail.ts'
import { addKeyCommands } from './commands/key.ts'
import { addLeaseCommands } from './commands/lease.ts'
import { addLedgerCommands } from './commands/ledger.ts'
import { addModelCommands } from './commands/model.ts'
import { addNodeCommands } from './commands/node.ts'
import { addOfferCommands } from './commands/offer.ts'
import { addOrderCommands } from './commands/order.ts'
import { addOrganizationCommands } from './commands/organization.ts'
import { addOutcomeCommands } from './commands/outcome.ts'
import { addPoolCommands } from './commands/pool.ts'
import { addPriceCommands } from './commands/price.ts'
import { addQuotaCommands } from './commands/quota.ts'
import { addQuoteCommands } from './commands/quote.ts'
import { addRateLimitCommands } from './commands/rate-limit.ts'
import { addReclaimCommands } from './commands/reclaim.ts'
import { addRegistryCommands } from './commands/registry.ts'
import { addRequestCommands } from './commands/request.ts'
import { addRouteCommands } from './commands/route.ts'
import { addSessionCommands } from './commands/session.ts'
import { addSimulationCommands } from './commands/simulation.ts'
import { addSurplusCommand } from './commands/surplus.ts'
import { addSystemCommand } from './commands/system.ts'
import { addUpstreamCommands } from './commands/upstream.ts'
import { addUsageCommand } from './commands/usage.ts'
import { addWebhookCommands } from './commands/webhook.ts'
import { EXIT, EXIT_CODES_TEXT } from './exit-codes.ts'
import { renderFailure } from './output/failure.ts'
import { createOutput } from './output/output.ts'
import { plainPaint } from './output/paint.ts'
import type { Surroundings } from './surroundings.ts'
import { VERSION } from './version.ts'

const AFTER_HELP = `
Credentials, first found: --url and --key; SPILLWAY_URL and SPILLWAY_API_KEY; credentials.json in
SPILLWAY_DATA_DIR; the nearest .spillway/credentials.json from this folder up; \`spillway login\`.
A local installation has two keys: buyers' commands speak as demo, operators' commands as operator.

${EXIT_CODES_TEXT}

Try first:
  $ spillway chat "Say something about leases."
  $ spillway lease create --gpus 1 --follow -- sh -c 'echo "on slots $SPILLWAY_SLOTS"; sleep 3'
  $ spillway books`

/** Runs the command and returns the exit code; whatever went wrong has been written. */
export async function runProgram(surroundings: Surroundings): Promise<number> {
  const output = createOutput(surroundings)
  const context: Context = { surroundings, output, exitCode: EXIT.ok, connection: null }
  const program = createProgram(context)
  try {
    await program.parseAsync(surroundings.arguments, { from: 'user' })
    return context.exitCode
  } catch (error) {
    output.progress(null)
    // The reader of a pipe, such as `head`, has seen enough.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return EXIT.ok
    // Commander has written its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const { text, exitCode } = renderFailure(error, output.notePaint, personaHint(error, context))
    await output.note(text)
    return exitCode
  }
}

function addForBuyers(program: Command, context: Context): void {
  program.commandsGroup('For buyers:')
  addChatCommand(program, context)
  addLeaseCommands(program, context)
  addModelCommands(program, context)
  addReclaimCommands(program, context)
  addPoolCommands(program, context)
  addOfferCommands(program, context)
  addQuoteCommands(program, context)
  addBlockCommands(program, context)
  addOrderCommands(program, context)
  addQuotaCommands(program, context)
  addBatchCommands(program, context)
  addFileCommands(program, context)
  addBudgetCommands(program, context)
  addRateLimitCommands(program, context)
  addGuardrailCommands(program, context)
  addOutcomeCommands(program, context)
  addContentCommands(program, context)
  addCacheCommands(program, context)
  addClearingCommands(program, context)
  addPriceCommands(program, context)
  addRequestCommands(program, context)
  addUsageCommand(program, context)
  addBalanceCommand(program, context)
  addKeyCommands(program, context)
  addRegistryCommands(program, context)
  addWebhookCommands(program, context)
}

function addForTheOperator(program: Command, context: Context): void {
  program.commandsGroup('For the operator:')
  addAnchorCommands(program, context)
  addForecastCommand(program, context)
  addSurplusCommand(program, context)
  addBooksCommand(program, context)
  addSimulationCommands(program, context)
  addLedgerCommands(program, context)
  addFleetCommand(program, context)
  addNodeCommands(program, context)
  addDeploymentCommands(program, context)
  addUpstreamCommands(program, context)
  addRouteCommands(program, context)
  addOrganizationCommands(program, context)
  addAuditCommands(program, context)
  addEventCommand(program, context)
  addSystemCommand(program, context)
}

export function createProgram(context: Context): Command {
  const program = new Command('spillway')
  program
    .description("Spillway: a fleet's spare GPU capacity as a cloud.")
    .version(VERSION)
    .option('--json', 'write the API’s own document to stdout, and nothing else')
    .option('--url <address>', 'address of the installation')
    .addOption(new Option('--key <key>', 'the key to speak with').conflicts('as'))
    .addOption(
      new Option('--as <who>', 'which key of a local installation').choices(['demo', 'operator']),
    )
    .addHelpText('after', AFTER_HELP)
  configure(program, context)
  addForBuyers(program, context)
  addForTheOperator(program, context)
  program.commandsGroup('This command:')
  addSessionCommands(program, context)
  addCompletionCommand(program, context)
  program.helpCommand('help [command]', 'explain a command')
  // A topic of the help: `spillway help exit-codes`.
  program
    .command('exit-codes', { hidden: true })
    .description(EXIT_CODES_TEXT)
    .action(() => context.output.print(EXIT_CODES_TEXT))
  return program
}

/** Settings that subcommands inherit must be made before any is added. */
function configure(program: Command, { output, surroundings }: Context): void {
  const { paint, notePaint } = output
  program
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('       (add --help for the options and an example)')
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => paint('bold', title) })
    .configureOutput({
      // A reader that has seen enough of a help, such as `head`, is no failure.
      writeOut: (text) => void output.write(text).catch(() => undefined),
      writeErr: (text) => void output.writeNote(text),
      getOutHelpWidth: () => surroundings.stdout.columns() ?? 100,
      getErrHelpWidth: () => surroundings.stderr.columns() ?? 100,
      getOutHasColors: () => paint !== plainPaint,
      getErrHasColors: () => notePaint !== plainPaint,
      outputError: (text, write) => write(text.replace(/^error:/, notePaint('red', 'error:'))),
    })
}

/** A local installation has a second key, and choosing the other one is often what is missing. */
function personaHint(error: unknown, { connection }: Context): string | null {
  if (!(error instanceof ProblemError) || connection?.persona !== 'demo') return null
  const { code } = error.problem
  if (code === 'permission.denied' || code === 'lease.not_found')
    return 'You spoke as the demo buyer; add --as operator to speak as the operator.'
  return null
}
