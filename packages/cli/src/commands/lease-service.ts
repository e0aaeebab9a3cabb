/** The options that make a lease a service: a port, and how its health is seen. */
import type { LeaseMode, ServiceRequest } from '@spillway/contract'
import { InvalidArgumentError, Option } from 'commander'
import { usageFailure } from '../failure.ts'
import { duration } from '../parse/option-values.ts'

export interface ServiceOptions {
  /** 0: one is picked. */
  readonly port?: number
  readonly healthPath?: string
  readonly healthInterval?: number
}

export function serviceOptions(): readonly Option[] {
  return [
    new Option(
      '--port <n>',
      'make it a service: it listens on this port, or with `auto` on $SPILLWAY_PORT',
    ).argParser(port),
    new Option('--health-path <path>', 'what a check of the service asks; default: an open port'),
    new Option('--health-interval <duration>', 'between two checks; default: 5s').argParser(
      duration({ least: 1000, most: 600_000 }),
    ),
  ]
}

function port(text: string): number {
  if (text === 'auto') return 0
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= 65_535) return value
  throw new InvalidArgumentError('Write a port from 1 to 65535, or auto.')
}

interface ServiceBody {
  readonly mode?: LeaseMode
  readonly service?: { port: number; health: Partial<ServiceRequest['health']> }
}

/** The fields of the request body. */
export function serviceBody({ port: at, healthPath, healthInterval }: ServiceOptions): ServiceBody {
  if (at === undefined) {
    if (healthPath === undefined && healthInterval === undefined) return {}
    throw usageFailure('Only a service has its health checked.', 'Name its port with --port.')
  }
  const health = {
    ...(healthPath === undefined ? {} : { path: healthPath }),
    ...(healthInterval === undefined ? {} : { intervalMs: healthInterval }),
  }
  return { mode: 'service', service: { port: at, health } }
}
