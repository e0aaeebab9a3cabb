/** The replica's command line, parsed once. Pure: arguments and environment come in, nothing is read. */
import { parseArgs } from 'node:util'

export interface ReplicaOptions {
  readonly weightsPath: string
  /** The name that requests carry in `model`. */
  readonly modelName: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly portFile: string | null
  /** Tokens of a conversation; null takes what the model was trained for, within reason. */
  readonly contextTokens: number | null
  /** Conversations that are generated at the same time. */
  readonly parallel: number
  /** Conversations that may wait for their turn. */
  readonly waitingMax: number
  readonly threads: number
  readonly useGpu: boolean
  /** It makes embeddings, and nothing else. */
  readonly isEmbedding: boolean
  /** How long running answers may take to finish after SIGTERM. */
  readonly graceMs: number
}

export type ParsedOptions =
  | { readonly kind: 'options'; readonly options: ReplicaOptions }
  | { readonly kind: 'invalid'; readonly text: string }

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cpuCount: number
}

export const USAGE =
  'usage: replica.ts --weights PATH --model NAME --port PORT [--port-file PATH] [--context TOKENS] ' +
  '[--parallel N] [--waiting N] [--threads N] [--gpu] [--embeddings] [--grace-ms MS]'

const FLAGS = {
  weights: { type: 'string' },
  model: { type: 'string' },
  port: { type: 'string' },
  'port-file': { type: 'string' },
  context: { type: 'string' },
  parallel: { type: 'string', default: '4' },
  waiting: { type: 'string', default: '32' },
  threads: { type: 'string' },
  gpu: { type: 'boolean', default: false },
  embeddings: { type: 'boolean', default: false },
  'grace-ms': { type: 'string', default: '5000' },
} as const

/** A refusal on the way; caught below, so that every flag reads as one line. */
class InvalidOption extends Error {}

export function parseOptions(args: readonly string[], surroundings: Surroundings): ParsedOptions {
  try {
    return { kind: 'options', options: read(args, surroundings) }
  } catch (error) {
    // `parseArgs` throws TypeErrors whose messages name the flag and are made for people.
    if (error instanceof InvalidOption || error instanceof TypeError)
      return { kind: 'invalid', text: error.message }
    throw error
  }
}

function read(args: readonly string[], surroundings: Surroundings): ReplicaOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true })
  return {
    weightsPath: required(values.weights, '--weights'),
    modelName: required(values.model, '--model'),
    port: whole(required(values.port, '--port'), '--port', { min: 0, max: 65_535 }),
    portFile: values['port-file'] ?? null,
    contextTokens:
      values.context === undefined
        ? null
        : whole(values.context, '--context', { min: 64, max: 16_777_216 }),
    parallel: whole(values.parallel, '--parallel', { min: 1, max: 256 }),
    waitingMax: whole(values.waiting, '--waiting', { min: 0, max: 100_000 }),
    threads:
      values.threads === undefined
        ? chooseThreads(surroundings)
        : whole(values.threads, '--threads', { min: 1, max: 1024 }),
    useGpu: values.gpu,
    isEmbedding: values.embeddings,
    graceMs: whole(values['grace-ms'], '--grace-ms', { min: 0, max: 3_600_000 }),
  }
}

function required(value: string | undefined, flag: string): string {
  if (value === undefined || value === '') throw new InvalidOption(`${flag} is missing.`)
  return value
}

function whole(
  text: string,
  flag: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max) return value
  throw new InvalidOption(`${flag} is ${text}; it must be a whole number from ${min} to ${max}.`)
}

/**
 * Threads that calculate. One on small machines: two of them on two busy cores wait for each other and are many
 * times slower. On larger ones a core is left for everything else.
 */
function chooseThreads({ environment, cpuCount }: Surroundings): number {
  const given = environment['SPILLWAY_CPUS']?.split(',').filter((cpu) => cpu !== '').length ?? 0
  const cpus = given > 0 ? given : cpuCount
  return cpus <= 3 ? 1 : cpus - 1
}
