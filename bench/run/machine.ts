/** What the figures were measured on: a figure without its machine says nothing. */
import { cpus, totalmem } from 'node:os'

export interface MachineDescription {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly platform: string
  readonly node: string
}

export function describeMachine(): MachineDescription {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  }
}
