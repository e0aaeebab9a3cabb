/** A folder of its own and a simulated installation for each test of a file, taken away when the test ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { startCommand, type Ran, type Running } from './run-command.ts'
import {
  simulateInstallation,
  type Answers,
  type SimulatedInstallation,
} from './simulated-installation.ts'

export interface Given {
  readonly answers?: Answers
  readonly key?: string
  readonly stdin?: string
}

export interface Workplace {
  readonly folder: () => string
  /** The installation of the last command that was run. */
  readonly installation: () => SimulatedInstallation
  readonly simulate: (answers: Answers) => Promise<SimulatedInstallation>
  readonly start: (words: readonly string[], given?: Given) => Promise<Running>
  readonly run: (words: readonly string[], given?: Given) => Promise<Ran>
}

export function createWorkplace(): Workplace {
  let folder = ''
  let installations: SimulatedInstallation[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-cli-'))
  })
  afterEach(async () => {
    for (const installation of installations) await installation.stop()
    installations = []
    await rm(folder, { recursive: true })
  })
  const simulate = async (answers: Answers): Promise<SimulatedInstallation> => {
    const installation = await simulateInstallation(answers)
    installations.push(installation)
    return installation
  }
  const start = async (words: readonly string[], given: Given = {}): Promise<Running> => {
    const { url } = await simulate(given.answers ?? {})
    return startCommand(words, {
      folder,
      environment: { SPILLWAY_URL: url, SPILLWAY_API_KEY: given.key ?? 'demo-secret' },
      ...(given.stdin === undefined ? {} : { stdin: given.stdin }),
    })
  }
  return {
    folder: () => folder,
    installation: () => {
      const last = installations.at(-1)
      if (!last) throw new Error('nothing was run yet')
      return last
    },
    simulate,
    start,
    run: async (words, given) => (await start(words, given)).ended,
  }
}
