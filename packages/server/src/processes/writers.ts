/**
 * Which gateways live. Each has a file with its pid and start time, so that a server that was killed and started again
 * can tell a gateway that still finishes its streams from one that is gone.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { processStart } from '#platform/db/process-identity.ts'

const Writer = z.object({ pid: z.number().int().positive(), start: z.string() })

export interface Writers {
  readonly enter: (writer: string, pid: number) => void
  readonly isAlive: (writer: string) => boolean
}

function readWriter(path: string): z.infer<typeof Writer> | null {
  try {
    return Writer.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // No file, or one that was cut off by a crash: there is no such gateway.
    return null
  }
}

export function openWriters(directory: string): Writers {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const isAlive = (writer: string): boolean => {
    const entry = readWriter(join(directory, `${writer}.json`))
    return entry !== null && processStart(entry.pid) === entry.start
  }
  for (const file of readdirSync(directory))
    if (!isAlive(file.replace(/\.json$/, ''))) rmSync(join(directory, file))
  return {
    isAlive,
    enter: (writer, pid) => {
      const entry = { pid, start: processStart(pid) ?? '' }
      writeFileSync(join(directory, `${writer}.json`), JSON.stringify(entry), { mode: 0o600 })
    },
  }
}
