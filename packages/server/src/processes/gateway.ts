/**
 * The gateway process: owns the public port, serves `/v1`, relays the rest to the API process.
 *
 * Contract with the parent, which starts it by
 * `spawn(process.execPath, ['packages/server/src/processes/gateway.ts'], { stdio: [..., 'ipc'] })`:
 * - settings: one JSON document (`GatewaySettings` in gateway/settings.ts) in the variable SPILLWAY_GATEWAY;
 * - it says `{type:'ready', port}` once it listens; `{type:'port_taken', port, code}` and exits 3 when it cannot;
 *   `{type:'failed', message}` and exits 4 when it cannot start for another reason; `{type:'recording', …}` when
 *   records can no longer be kept, and when they can again; every two seconds `{type:'metrics', text, apiKeysUsed}`;
 * - on SIGTERM, SIGINT or the end of the IPC channel it stops listening at once, so that a successor can have the
 *   port, finishes what runs for a bounded time, records it, gives its holds back, and exits 0; after a defect it does
 *   the same and exits 5;
 * - whatever ends it: a writer that is not alive any more has a journal to ship and holds to release.
 */
import { connectParent } from './gateway/parent.ts'
import { runGateway } from './gateway/run.ts'
import { parseSettings, SETTINGS_VARIABLE } from './gateway/settings.ts'

const EXIT_CODES = { stopped: 0, port_taken: 3, failed: 4, defect: 5 } as const

const parent = connectParent(process)

async function main(): Promise<keyof typeof EXIT_CODES> {
  const reading = parseSettings(process.env[SETTINGS_VARIABLE])
  try {
    if (reading.kind === 'settings') return await runGateway(reading.settings, parent)
    await parent.tell({ type: 'failed', message: reading.message })
    process.stderr.write(`${reading.message}\n`)
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    await parent.tell({ type: 'failed', message })
    process.stderr.write(`The gateway cannot start: ${message}\n`)
  }
  return 'failed'
}

// Connections that their peers keep open would keep the process.
process.exit(EXIT_CODES[await main()])
