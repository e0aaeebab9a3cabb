/** Renders what went wrong, the same way for the server's problems and our own failures. Pure. */
import { ProblemError, type Problem } from '@spillway/contract'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { Paint } from './paint.ts'
import { toLine, toProse } from './text.ts'

const INDENT = '       '

export interface RenderedFailure {
  readonly text: string
  readonly exitCode: number
}

/** `hint` is what only the caller knows to help with a problem of the server's. */
export function renderFailure(
  error: unknown,
  paint: Paint,
  hint: string | null = null,
): RenderedFailure {
  if (error instanceof ProblemError)
    return { text: renderProblem(error.problem, paint, hint), exitCode: exitCodeOf(error.problem) }
  if (error instanceof Failure) {
    const lines = [...(error.remedy === null ? [] : [error.remedy]), ...error.lines]
    return { text: block(error.message, lines, paint), exitCode: error.exitCode }
  }
  // Not foreseen: a fault of this command, so the trace is what helps.
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    text: block(
      'The command itself failed. This is a fault of Spillway; please report it.',
      [trace],
      paint,
    ),
    exitCode: EXIT.refused,
  }
}

/** 401 and 403 are about the credential; every other answer is a refusal. */
export function exitCodeOf(problem: Pick<Problem, 'status'>): number {
  return problem.status === 401 || problem.status === 403 ? EXIT.credential : EXIT.refused
}

function renderProblem(problem: Problem, paint: Paint, hint: string | null): string {
  // The detail often is the first field's message already.
  const fields = (problem.fields ?? [])
    .filter(({ message }) => !problem.detail.includes(message))
    .map(({ field, message }) => `${flagOf(field)}: ${message}`)
  // The remedy of an invalid request tells how to read the document, which is done here.
  const remedies = [problem.code === 'request.invalid' ? '' : problem.remedy, hint ?? '']
  const remedy = remedies.filter((line) => line !== '')
  const trail = [problem.code, problem.requestId === '' ? '' : `request ${problem.requestId}`]
  return [
    block(inFlags(problem.detail), [...fields, ...remedy], paint),
    paint('dim', `${INDENT}(${toLine(trail.filter((part) => part !== '').join(', '))})`),
  ].join('\n')
}

/** What the person typed, in the place of the request's field: `body.upstreamUrl` came from `--upstream`. */
function inFlags(detail: string): string {
  return detail.replace(/\b(body|query|params)(\.[A-Za-z]+)+/g, flagOf)
}

function flagOf(field: string): string {
  const [part = '', ...names] = field.split('.')
  const name = names.join('.')
  if (name === '') return field
  return part === 'params' ? name : (FLAGS[name] ?? name)
}

const FLAGS: Readonly<Record<string, string>> = {
  gpus: '--gpus',
  pool: '--pool',
  name: 'the name',
  command: 'the command',
  environment: '--env',
  workingDirectory: '--workdir',
  timeLimitMs: '--time-limit',
  graceMs: '--grace',
  maxPriceUsdPerGpuHour: '--max-price',
  upstreamUrl: '--upstream',
  upstreamModel: '--upstream-model',
  contextTokens: '--context',
  model: 'the name',
  amountUsd: 'the amount',
  note: '--note',
  from: '--from',
  to: '--to',
  after: '--after',
  cursor: '--cursor',
  limit: '--limit',
}

function block(text: string, lines: readonly string[], paint: Paint): string {
  const more = lines.flatMap((line) => toProse(line).split('\n'))
  return [`${paint('red', 'error:')} ${toProse(text)}`, ...more.map((line) => INDENT + line)].join(
    '\n',
  )
}
