/**
 * A command that has files to fetch or to send runs inside a carrier, which does so from where the command runs: what
 * the command cannot reach, the carrier cannot either. Pure.
 */
import { dirname, join } from 'node:path'
import type { Admission, Input, Output } from '#platform/engines/engine.ts'
import { TRANSFERS_NAME } from './transfers.ts'

export interface Transfers {
  readonly inputs: readonly Input[]
  readonly outputs: readonly Output[]
  /** A file to write as soon as the inputs are there, for the others of a gang, who wait for it. */
  readonly readyPath?: string
}

function isAny({ inputs, outputs }: Transfers): boolean {
  return inputs.length + outputs.length > 0
}

/** The file of the carrier, beside the shim's. */
export const CARRIER = 'carrier.mjs'

/** The words that run the carrier where there is no sandbox. */
export function carrierBeside(shimWords: readonly string[]): readonly string[] {
  return [shimWords[0] ?? '', join(dirname(shimWords.at(-1) ?? ''), CARRIER)]
}

/** The attempt with a command that carries its files. */
export function carry(
  admission: Admission,
  transfers: Transfers,
  carrier: readonly string[],
): Admission {
  if (!isAny(transfers)) return admission
  return { ...admission, command: [...carrier, ...admission.command] }
}

/** The addresses reach the carrier, and nobody else, in its environment. */
export function carriedVariables(transfers: Transfers): Record<string, string> {
  return isAny(transfers) ? { [TRANSFERS_NAME]: JSON.stringify(transfers) } : {}
}
