/**
 * Reads the header of a GGUF file from its first bytes, so that a broken or foreign file is refused in words before
 * llama.cpp aborts on it. Pure. It does not judge whether the engine supports the architecture.
 */
import { Cursor, Malformed, ShortOfBytes } from './cursor.ts'
import { GGUF_ALIGNMENT, GGUF_MAGIC, align } from './gguf.ts'
import { tensorBytes } from './tensor-types.ts'

export interface GgufHeader {
  readonly version: number
  readonly architecture: string
  /** The name that the file gives itself; may be empty. */
  readonly name: string
  /** How many tokens the model was trained to see at once. */
  readonly contextTokens: number
  readonly licence: string | null
  readonly tensorCount: number
  readonly parameterCount: number
  /** How long the file must be at least for its tensors to be in it. */
  readonly bytesExpected: number
}

export type GgufReading =
  | { readonly kind: 'header'; readonly header: GgufHeader }
  /** The header is longer than the bytes that were given. */
  | { readonly kind: 'more_needed' }
  | { readonly kind: 'refused'; readonly text: string }

const VERSIONS = [2, 3]
const METADATA_MAX = 65_536
const TENSORS_MAX = 1_048_576
const DIMENSIONS_MAX = 4

type Metadata = ReadonlyMap<string, number | string | boolean | null>

/** Reads the header from the beginning of a file. */
export function readGgufHeader(bytes: Buffer): GgufReading {
  try {
    return { kind: 'header', header: parse(new Cursor(bytes)) }
  } catch (error) {
    if (error instanceof ShortOfBytes) return { kind: 'more_needed' }
    if (error instanceof Malformed) return { kind: 'refused', text: error.message }
    throw error
  }
}

function parse(cursor: Cursor): GgufHeader {
  if (cursor.uint32() !== GGUF_MAGIC) throw new Malformed('It does not begin with GGUF.')
  const version = cursor.uint32()
  if (!VERSIONS.includes(version)) throw new Malformed(`GGUF version ${version} is not supported.`)
  const tensorCount = bounded(cursor.uint64(), TENSORS_MAX, 'tensors')
  const metadata = readMetadata(cursor)
  const architecture = text(metadata, 'general.architecture')
  if (architecture === '') throw new Malformed('It names no architecture.')
  const partCount = whole(metadata, 'split.count')
  if (partCount !== null && partCount > 1)
    throw new Malformed(`It is one of ${partCount} parts; join them with llama-gguf-split --merge.`)
  const contextTokens = whole(metadata, `${architecture}.context_length`)
  if (contextTokens === null || contextTokens < 1)
    throw new Malformed('It names no context length.')
  if (!metadata.has('tokenizer.ggml.tokens')) throw new Malformed('It has no vocabulary.')
  const alignment = whole(metadata, 'general.alignment') ?? GGUF_ALIGNMENT
  return {
    version,
    architecture,
    contextTokens,
    tensorCount,
    name: text(metadata, 'general.name'),
    licence: text(metadata, 'general.license') || null,
    ...readTensors(cursor, tensorCount, alignment),
  }
}

function bounded(count: number, max: number, what: string): number {
  if (count < 1 || count > max) throw new Malformed(`A model cannot have ${count} ${what}.`)
  return count
}

function readMetadata(cursor: Cursor): Metadata {
  const count = bounded(cursor.uint64(), METADATA_MAX, 'metadata entries')
  const metadata = new Map<string, number | string | boolean | null>()
  for (let entry = 0; entry < count; entry++) {
    const key = cursor.string()
    metadata.set(key, cursor.value(cursor.uint32()))
  }
  return metadata
}

function text(metadata: Metadata, key: string): string {
  const value = metadata.get(key)
  return typeof value === 'string' ? value : ''
}

function whole(metadata: Metadata, key: string): number | null {
  const value = metadata.get(key)
  return typeof value === 'number' ? value : null
}

function readTensors(
  cursor: Cursor,
  count: number,
  alignment: number,
): { readonly parameterCount: number; readonly bytesExpected: number } {
  if (alignment < 1) throw new Malformed('Its alignment is not positive.')
  let parameterCount = 0
  let contentBytes = 0
  for (let tensor = 0; tensor < count; tensor++) {
    const name = cursor.string()
    const dimensions = bounded(cursor.uint32(), DIMENSIONS_MAX, `dimensions in ${name}`)
    let elements = 1
    for (let axis = 0; axis < dimensions; axis++) elements *= cursor.uint64()
    const bytes = tensorBytes(cursor.uint32(), elements)
    contentBytes = Math.max(contentBytes, cursor.uint64() + bytes)
    parameterCount += elements
  }
  return { parameterCount, bytesExpected: align(cursor.offset, alignment) + contentBytes }
}
