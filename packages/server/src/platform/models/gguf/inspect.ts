/** Looks at a GGUF file on disk without loading it. */
import { type FileHandle, open } from 'node:fs/promises'
import { type GgufHeader, type GgufReading, readGgufHeader } from './header.ts'

export type Inspection =
  | { readonly kind: 'model'; readonly header: GgufHeader; readonly bytes: number }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'missing'; readonly text: string }

const FIRST_READ_BYTES = 1024 * 1024
const HEADER_BYTES_MAX = 512 * 1024 * 1024

/** Reads as much of the beginning as the header needs, and compares the file's length with what the header promises. */
export async function inspectGguf(path: string): Promise<Inspection> {
  const file = await openFile(path)
  if (typeof file === 'string') return { kind: 'missing', text: file }
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return { kind: 'missing', text: `${path} is not a file.` }
    return judge(await readHeader(file, stats.size), stats.size)
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle | string> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    if (code === 'ENOENT') return `There is no file ${path}.`
    return `${path} cannot be read (${code}).`
  }
}

async function readHeader(file: FileHandle, size: number): Promise<GgufReading> {
  let reading: GgufReading = { kind: 'more_needed' }
  for (let bytes = FIRST_READ_BYTES; bytes <= HEADER_BYTES_MAX; bytes *= 4) {
    const beginning = Buffer.alloc(Math.min(bytes, size))
    const { bytesRead } = await file.read(beginning, 0, beginning.length, 0)
    reading = readGgufHeader(beginning.subarray(0, bytesRead))
    if (reading.kind !== 'more_needed' || bytesRead >= size) break
  }
  return reading
}

function judge(reading: GgufReading, size: number): Inspection {
  if (reading.kind === 'refused')
    return { kind: 'refused', text: `Not a model file: ${reading.text}` }
  if (reading.kind === 'more_needed')
    return { kind: 'refused', text: `The file is cut off: it ends within its header.` }
  const { header } = reading
  if (size < header.bytesExpected)
    return {
      kind: 'refused',
      text: `The file is cut off: ${size} bytes of at least ${header.bytesExpected}.`,
    }
  return { kind: 'model', header, bytes: size }
}
