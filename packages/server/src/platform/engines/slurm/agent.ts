/**
 * What a Slurm job of ours runs, on each of its nodes: starts the command once, serves its metadata, follows the orders
 * that the engine writes into the attempt's folder, and reports. It needs Node's own modules only, and no network.
 *
 * Usage: node agent.mjs <job folder> [member]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describeCarriage } from '#platform/engines/local/attempt-end.ts'
import { putSign, readJson, replaceFileSynced } from '#platform/engines/local/durable-file.ts'
import { TRANSFERS_NAME } from '#platform/engines/local/transfers.ts'
import { rankOf, readSecrets } from './agent-record.ts'
import { STOPPED_TEXT, runTask } from './agent-task.ts'
import { insideJob } from './job-folder.ts'
import type { JobEnd } from './job-folder.ts'

type Paths = ReturnType<typeof insideJob>

const LAUNCH_FAILED = { ranMs: null, exitCode: null, exitSignal: null } as const

const given = process.env

/** Only the first agent of an attempt runs it: not one that Slurm requeued, nor one of a job submitted twice. */
async function claim(paths: Paths): Promise<boolean> {
  const job = given['SLURM_JOB_ID'] ?? ''
  const run = given['SLURM_RESTART_COUNT'] ?? '0'
  return putSign(paths.claim, { job, run })
}

async function main(): Promise<void> {
  const [folder = '', role = 'batch'] = process.argv.slice(2)
  const paths = insideJob(folder)
  const ranks = Number(given['SLURM_JOB_NUM_NODES'] ?? '1')
  if (role === 'member') {
    const end = await runTask(paths, given)
    await replaceFileSynced(paths.node(rankOf(given)).end, end)
    process.exit(codeOf(end))
  }
  if (!(await claim(paths))) process.exit(0)
  // The engine removes them once the command has them.
  const isCarried = TRANSFERS_NAME in (await readSecrets(paths))
  const ended = ranks > 1 ? await runGang(paths, ranks) : await runTask(paths, given)
  const end = isCarried ? await explainCarriage(paths, ended) : ended
  await replaceFileSynced(paths.end, end)
  process.exit(codeOf(end))
}

/** What the first node could not carry stands in the log, which is whole once all of the job has ended. */
async function explainCarriage(paths: Paths, end: JobEnd): Promise<JobEnd> {
  const carriage = end.ranMs === null ? null : await describeCarriage(paths, end)
  if (carriage === null) return end
  const { how, text } = carriage
  return { ...end, text, ...(how === 'exited' ? {} : { how }) }
}

/** Slurm's own account of the job then tells the same. */
function codeOf({ exitCode, exitSignal }: JobEnd): number {
  if (exitSignal !== null) return 137
  return exitCode ?? 127
}

/** One member on each node; when one fails, Slurm ends the others, because a gang with a hole computes nothing. */
async function runGang(paths: Paths, ranks: number): Promise<JobEnd> {
  // A signal to the whole job reaches the members by itself.
  for (const signal of ['SIGTERM', 'SIGURG', 'SIGUSR2'] as const) process.on(signal, () => {})
  const options = ['--overlap', '--mem=0', '--cpu-bind=none', '--kill-on-bad-exit=1', '--quiet']
  const width = [`--nodes=${ranks}`, `--ntasks=${ranks}`, '--ntasks-per-node=1']
  const self = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)]
  const words = [...width, ...options, ...self, paths.job, 'member']
  const child = spawn('srun', words, { stdio: ['ignore', 'inherit', 'inherit'] })
  const outcome = await Promise.race([
    once(child, 'exit').then(() => null),
    once(child, 'error').then(([error]) => error as Error),
  ])
  if (outcome !== null) return { ...LAUNCH_FAILED, text: `srun: ${outcome.message}` }
  return combine(await Promise.all(Array.from({ length: ranks }, (_, rank) => endOf(paths, rank))))
}

async function endOf(paths: Paths, rank: number): Promise<JobEnd | null> {
  return readJson<JobEnd>(paths.node(rank).end)
}

/** The gang ended as its first member that failed. One without a word was killed. */
function combine(ends: readonly (JobEnd | null)[]): JobEnd {
  const told = ends.filter((end) => end !== null)
  const ranMs = told.reduce<number | null>((most, end) => {
    return end.ranMs === null ? most : Math.max(most ?? 0, end.ranMs)
  }, null)
  const waiting = told.filter((end) => end.ranMs === null)
  // Who had not begun when another failed did not make it fail.
  const notStarted = waiting.find(({ text }) => text !== STOPPED_TEXT)
  if (notStarted !== undefined) return { ...notStarted, ranMs }
  const failed = told.find((end) => end.exitCode !== 0 && end.ranMs !== null) ?? waiting[0]
  if (failed !== undefined) return { ...failed, ranMs }
  const [first] = told
  if (first !== undefined && told.length === ends.length) return { ...first, ranMs }
  const text = 'a part of the gang was killed'
  return { ranMs, exitCode: null, exitSignal: 'SIGKILL', text }
}

await main()
