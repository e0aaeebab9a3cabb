/**
 * Calls that reach out of the program, what to use instead, and the few files that are their home, each with its
 * reason. A home that no longer uses its call fails the tidy test.
 */

export interface Ban {
  readonly name: string
  readonly matches: (use: string, argument: string) => boolean
  readonly instead: string
  /** Path of a file, or of a folder with a slash at the end, and why it may. */
  readonly homes: Readonly<Record<string, string>>
}

const named =
  (...names: readonly string[]) =>
  (use: string) =>
    names.includes(use)

export const BANS: readonly Ban[] = [
  {
    name: 'the wall clock (Date.now, new Date())',
    matches: (use, argument) => use === 'Date.now' || (use === 'new Date' && argument === ''),
    instead: 'take a Clock (#kernel/clock.ts), because somebody may set the wall clock.',
    homes: {
      'packages/server/src/platform/clock/machine.ts':
        'The one place where the server reads the machine\u2019s clocks.',
      'packages/server/src/processes/installation.ts':
        'Compares the wall with trusted time, for the operator to see.',
      'packages/cli/src/surroundings.ts':
        'Hands the command its clock; it shows how long ago something was.',
      'packages/console/src/ui/clock.ts':
        'Shows how long ago something was; nothing is decided by it.',
    },
  },
  {
    name: 'Math.random',
    matches: named('Math.random'),
    instead: 'take a random source as an argument, so that a run can be repeated.',
    homes: {},
  },
  {
    name: 'process.env',
    matches: named('process.env'),
    instead: 'add the variable to packages/server/src/config.ts and take the parsed value.',
    homes: {
      'packages/cli/src/surroundings.ts': 'Hands the command its environment.',
      'packages/server/src/main.ts': 'Hands the environment to config.ts and to child processes.',
      'packages/server/src/processes/console-assets.ts': 'Hands the build its environment.',
      'packages/server/src/processes/gateway.ts': 'Reads the one variable that its parent sets.',
      'packages/server/src/platform/engines/local/carrier.ts':
        'What the engine tells what it runs inside a lease.',
      'packages/server/src/platform/engines/local/terminal/terminal-host.ts':
        'What the engine tells what it runs inside a lease.',
      'packages/server/src/platform/engines/slurm/agent.ts':
        'A program of its own on a node: what Slurm tells its jobs comes as environment.',
      'packages/server/src/processes/replica.ts':
        'What the lease tells its command comes as environment.',
    },
  },
  {
    name: 'console output',
    matches: (use) => use.startsWith('console.'),
    instead: 'the server logs by platform/telemetry, the CLI prints by its output file.',
    homes: {},
  },
  {
    name: 'JSON.parse',
    matches: named('JSON.parse'),
    instead: 'parse with a schema where the bytes come in, and pass the typed value on.',
    homes: {
      'packages/contract/src/schemas.ts':
        'Rewrites references in a schema that it rendered itself.',
      'packages/cli/src/parse/json.ts': 'Reads documents as unknown; a schema follows.',
      'packages/console/src/features/routing/edit-route.tsx':
        'A document that somebody typed, read as unknown; its schema follows.',
      'packages/console/src/features/guardrails/guardrail-draft.ts':
        'A JSON Schema that somebody typed; the contract\u2019s schema follows.',
      'packages/server/src/modules/guardrail/json-schema-service.ts':
        'An answer, to hold a schema against.',
      'packages/console/src/features/live/live-connection.ts':
        'Reads an event of the stream; its schema follows.',
      'packages/server/src/modules/gateway/json.ts':
        'The body of an inference request, read as unknown; field rules follow.',
      'packages/server/src/platform/db/embedded/binaries.ts':
        'The list of links in PostgreSQL\u2019s own package.',
      'packages/server/src/platform/db/embedded/connection-record.ts':
        'Our own file in the data folder, checked after.',
      'packages/server/src/platform/engines/dcgm/dcgm-finding.ts':
        'Reads what DCGM prints as unknown; a schema follows.',
      'packages/server/src/platform/engines/local/carrier.ts':
        'What the engine tells what it runs inside a lease.',
      'packages/server/src/platform/engines/local/durable-file.ts':
        'Files that the engine and its shims write for each other.',
      'packages/server/src/platform/engines/local/images/image-documents.ts':
        'Reads what registries answer as unknown; a schema follows.',
      'packages/server/src/platform/engines/local/shim-program.ts':
        'What the engine hands its shim at start.',
      'packages/server/src/platform/engines/local/terminal/terminal-host.ts':
        'What the engine tells what it runs inside a lease.',
      'packages/server/src/platform/engines/slurm/slurm-answer.ts':
        'Reads what Slurm prints as unknown; a schema follows.',
      'packages/server/src/platform/engines/slurm/user-file.ts':
        'What a job says of itself, in a file that its user may replace; a schema follows.',
      'packages/server/src/platform/engines/simulated/journal.ts':
        'Lines of our own journal; one that a crash cut short is left out.',
      'packages/server/src/modules/content/sealed-answer-service.ts':
        'An answer that we sealed ourselves; its schema follows.',
      'packages/server/src/platform/http/idempotency.ts': 'An answer that we sealed ourselves.',
      'packages/server/src/platform/http/parse.ts':
        'The body of a control request; the endpoint\u2019s schema follows.',
      'packages/server/src/platform/telemetry/terminal-line.ts':
        'A line of our own log; what is no record is shown as it is.',
      'packages/server/src/platform/clock/anchor-file.ts':
        'Our own file in the data folder, checked after.',
      'packages/server/src/processes/replica/body.ts':
        'The body of a completion request, read as unknown.',
      'packages/server/src/processes/secrets.ts': 'Our own file in the data folder, checked after.',
      'packages/console/src/features/models/chat-stream.ts':
        'Reads a chunk of a completion leniently, as other people\u2019s servers write it.',
      'packages/server/src/modules/metering/journal-record.ts':
        'A record of our own journal, whose frame has been checked.',
      'packages/server/src/processes/replica-launch.ts': 'Our own port file; a schema follows.',
      'packages/server/src/processes/writers.ts': 'Our own file of a gateway; a schema follows.',
      'packages/server/src/processes/gateway/settings.ts':
        'What the supervisor hands the gateway; a schema follows.',
    },
  },
]
