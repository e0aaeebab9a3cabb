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

export function renderFailure(error: unknown, paint: Paint): RenderedFailure {
  if (error instanceof ProblemError)
    return { text: renderProblem(error.problem, paint), exitCode: exitCodeOf(error.problem) }
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

function renderProblem(problem: Problem, paint: Paint): string {
  const fields = (problem.fields ?? []).map(
    ({ field, message }) => `${field.replace(/^(body|query|params)\./, '')}: ${message}`,
  )
  const trail = [problem.code, problem.requestId === '' ? '' : `request ${problem.requestId}`]
  return [
    block(problem.detail, [...fields, problem.remedy], paint),
    paint('dim', `${INDENT}(${toLine(trail.filter((part) => part !== '').join(', '))})`),
  ].join('\n')
}

function block(text: string, lines: readonly string[], paint: Paint): string {
  const more = lines.flatMap((line) => toProse(line).split('\n'))
  return [`${paint('red', 'error:')} ${toProse(text)}`, ...more.map((line) => INDENT + line)].join(
    '\n',
  )
}
