/** What the engine tells the terminal of an attempt, in a variable that the command does not get. Pure. */
import { dirname, join } from 'node:path'
import type { Admission, ServiceDoor } from '#platform/engines/engine.ts'

export const TERMINAL_VARIABLE = 'SPILLWAY_TERMINAL'

/** The header in which whoever connects shows that he comes from Spillway. */
export const TERMINAL_TOKEN_HEADER = 'x-spillway-terminal'

/** The file of the terminal. */
const TERMINAL_PROGRAM = 'terminal-host.mjs'

/** It only passes bytes on. */
const FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=64', '--v8-pool-size=0']

export interface TerminalOrder {
  readonly token: string
  readonly idleLimitMs: number | null
}

export function terminalVariables(
  service: ServiceDoor | undefined,
  token: string,
): Record<string, string> {
  if (!service?.terminal) return {}
  const order: TerminalOrder = { token, idleLimitMs: service.terminal.idleLimitMs }
  return { [TERMINAL_VARIABLE]: JSON.stringify(order) }
}

/** The command, and in front of it the terminal in which it runs; a terminal lies where the carrier of files does. */
export function inTerminal(
  { command, service }: Pick<Admission, 'command' | 'service'>,
  carrier: readonly string[],
): readonly string[] {
  if (!service?.terminal) return command
  const [node, file] = [carrier.slice(0, -1), carrier.at(-1) ?? '']
  return [...node, ...FLAGS, join(dirname(file), TERMINAL_PROGRAM), ...command]
}
