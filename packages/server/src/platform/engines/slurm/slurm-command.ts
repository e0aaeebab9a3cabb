/**
 * Slurm's own commands, each under a time limit. Whatever is not a clean answer is a failure, and a failure says nothing
 * about jobs: `refused` alone means that Slurm understood and will not.
 */
import { execFile } from 'node:child_process'

const TIMEOUT_MS = 10_000
const OUTPUT_BYTES_MAX = 512 * 1024 * 1024
const COMPLAINT_LENGTH_MAX = 500

/** What sbatch is told when the job can never be, as against when Slurm cannot be asked. */
const REFUSALS = [
  'Invalid node name specified',
  'Invalid account or account/partition combination',
  'Invalid qos specification',
  'Invalid generic resource (gres) specification',
  'Invalid partition name specified',
  'Requested node configuration is not available',
  'Node count specification invalid',
  'More processors requested than permitted',
  'Job violates accounting/QOS policy',
  'User not found on host',
  'Requested time limit is invalid',
  'Memory required by task is not available',
  'Access/permission denied',
] as const

export class SlurmFailure extends Error {
  /** Whether Slurm answered, and the answer was no. */
  readonly isRefusal: boolean

  constructor(program: string, complaint: string, cause?: unknown) {
    super(`${program}: ${complaint}`, { cause })
    this.name = 'SlurmFailure'
    this.isRefusal = REFUSALS.some((refusal) => complaint.includes(refusal))
  }
}

export interface CallOptions {
  /** Written to its standard input. */
  readonly input?: string
}

/** Runs a command and gives its standard output. */
export type SlurmCommand = (
  program: string,
  words: readonly string[],
  options?: CallOptions,
) => Promise<string>

export interface CommandSurroundings {
  /** The server's, of which the commands get PATH and HOME. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly conf: string | null
  readonly timeoutMs?: number
}

export function createSlurmCommand(surroundings: CommandSurroundings): SlurmCommand {
  const { environment, conf, timeoutMs = TIMEOUT_MS } = surroundings
  const env = {
    PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: environment['HOME'] ?? '/',
    // Instants as seconds, and complaints in one language.
    SLURM_TIME_FORMAT: '%s',
    TZ: 'UTC',
    LC_ALL: 'C',
    ...(conf === null ? {} : { SLURM_CONF: conf }),
  }
  return (program, words, { input = '' } = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        env,
        timeout: timeoutMs,
        // A command that hangs in a system call takes no notice of less.
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_BYTES_MAX,
        encoding: 'utf8',
      } as const
      const child = execFile(program, [...words], options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        const isLate = child.killed
        const complaint = isLate ? `no answer in ${timeoutMs} ms` : complaintOf(stderr, error)
        reject(new SlurmFailure(program, complaint, error))
      })
      // It may end without reading what it is told.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })
}

function complaintOf(stderr: string, error: Error): string {
  const said = stderr.trim().replaceAll('\n', '; ')
  return (said === '' ? error.message : said).slice(0, COMPLAINT_LENGTH_MAX)
}
