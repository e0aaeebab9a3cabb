/**
 * Files that a job's user may put anything in the place of: a link to a secret, a pipe that nobody writes into, a heap of
 * bytes. Only a small plain file with JSON in it says something; everything else is as if nothing was said.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import type { JobEnd, NodeReport } from './job-folder.ts'

const BYTES_MAX = 64 * 1024
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
const NOTHING_THERE = ['ENOENT', 'ELOOP', 'ENXIO']

const TEXT_LENGTH_MAX = 2000

const nodeReport = z.object({
  phase: z.literal('running'),
  noticed: z.object({ signal: z.boolean(), time: z.string() }).nullable(),
  door: z.object({ node: z.string(), port: z.number().int().min(1).max(65_535) }).nullable(),
})

const jobEnd = z.object({
  ranMs: z.number().int().nonnegative().nullable(),
  exitCode: z.number().int().min(0).max(255).nullable(),
  exitSignal: z.string().max(20).nullable(),
  how: z.literal('start_failed').exactOptional(),
  text: z.string().transform((text) => text.slice(0, TEXT_LENGTH_MAX)),
})

export function readReport(path: string): Promise<NodeReport | null> {
  return readUserFile(path, nodeReport)
}

export function readEndOf(path: string): Promise<JobEnd | null> {
  return readUserFile(path, jobEnd)
}

/** Null when there is nothing to be read. Throws when the file system does not answer, which says nothing. */
async function readUserFile<Content>(
  path: string,
  shape: z.ZodType<Content>,
): Promise<Content | null> {
  const text = await readPlain(path)
  try {
    return shape.parse(JSON.parse(text))
  } catch {
    // The agent writes whole files; this is none of its.
    return null
  }
}

async function readPlain(path: string): Promise<string> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    if (NOTHING_THERE.includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  })
  if (file === null) return ''
  try {
    const found = await file.stat()
    return found.isFile() && found.size <= BYTES_MAX ? await file.readFile('utf8') : ''
  } finally {
    await file.close()
  }
}
