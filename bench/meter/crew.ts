/** The processes of a run: writers that come and go, a shipper, and what the writers said was acknowledged. */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Offer } from './events.ts'
import { journalName, startProgram } from './process-links.ts'

/** When an event was acknowledged, in microseconds of the machine's monotonic clock, by its number. */
export type Acknowledged = Map<number, bigint>

export interface Member {
  readonly child: ChildProcess
  readonly ended: Promise<void>
}

export interface WriterMember extends Member {
  readonly writer: number
  readonly acknowledged: Acknowledged
}

let writers = 0

export class Crew {
  readonly directory: string
  readonly everyone: WriterMember[] = []
  readonly #aliveFolder: string
  readonly #offer: Offer
  readonly #databaseUrl: string

  constructor(options: {
    readonly folder: string
    readonly offer: Offer
    readonly databaseUrl: string
  }) {
    this.directory = join(options.folder, 'journal')
    this.#aliveFolder = join(options.folder, 'alive')
    this.#offer = options.offer
    this.#databaseUrl = options.databaseUrl
    for (const folder of [this.directory, this.#aliveFolder]) mkdirSync(folder, { recursive: true })
  }

  startWriter(perSecond: number): WriterMember {
    const writer = ++writers
    const alive = join(this.#aliveFolder, journalName(writer))
    writeFileSync(alive, '')
    const child = startProgram('writer-program.ts', {
      directory: this.directory,
      writer,
      perSecond,
      progressEvery: 10,
      offer: this.#offer,
    })
    const acknowledged: Acknowledged = new Map()
    const heard = hearNumbers(child, acknowledged)
    const ended = Promise.all([endOf(child), heard]).then(() => rmSync(alive))
    const member = { child, ended, writer, acknowledged }
    this.everyone.push(member)
    return member
  }

  startShipper(): Member {
    const child = startProgram('shipper-program.ts', {
      directory: this.directory,
      databaseUrl: this.#databaseUrl,
    })
    child.stdout?.resume()
    return { child, ended: endOf(child) }
  }
}

async function hearNumbers(child: ChildProcess, acknowledged: Acknowledged): Promise<void> {
  if (child.stdout === null) return
  for await (const line of createInterface({ input: child.stdout })) {
    const [number, micros] = line.split(' ')
    // A last line that the kill cut off says nothing for sure.
    if (number !== undefined && micros?.length === microsLength)
      acknowledged.set(Number(number), BigInt(micros))
  }
}

const microsLength = (process.hrtime.bigint() / 1000n).toString().length

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
