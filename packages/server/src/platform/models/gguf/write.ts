/** Writes a GGUF v3 file as bytes. The same input gives the same bytes. Only the types that our own models need. */
import { GGUF_ALIGNMENT, GGUF_MAGIC, GGUF_VERSION, VALUE_TYPE, align } from './gguf.ts'

export type MetadataValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s' | 'float32s'; readonly value: readonly number[] }

export interface Tensor {
  readonly name: string
  /** Innermost first, as GGUF has it: a matrix of `rows` by `columns` is `[columns, rows]`. */
  readonly shape: readonly number[]
  readonly values: Float32Array | Float16Array
}

export interface GgufContent {
  readonly metadata: readonly (readonly [key: string, value: MetadataValue])[]
  readonly tensors: readonly Tensor[]
}

const TENSOR_TYPE_F32 = 0
const TENSOR_TYPE_F16 = 1

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([uint64(bytes.length), bytes])
}

function array(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(VALUE_TYPE.array), uint32(type), uint64(items.length), ...items])
}

function metadataValue(entry: MetadataValue): Buffer {
  switch (entry.type) {
    case 'uint32':
      return Buffer.concat([uint32(VALUE_TYPE.uint32), uint32(entry.value)])
    case 'float32':
      return Buffer.concat([uint32(VALUE_TYPE.float32), float32(entry.value)])
    case 'bool':
      return Buffer.concat([uint32(VALUE_TYPE.bool), Buffer.from([entry.value ? 1 : 0])])
    case 'string':
      return Buffer.concat([uint32(VALUE_TYPE.string), string(entry.value)])
    case 'strings':
      return array(VALUE_TYPE.string, entry.value.map(string))
    case 'int32s':
      return array(VALUE_TYPE.int32, entry.value.map(int32))
    case 'float32s':
      return array(VALUE_TYPE.float32, entry.value.map(float32))
  }
}

function tensorEntry(tensor: Tensor, offset: number): Buffer {
  return Buffer.concat([
    string(tensor.name),
    uint32(tensor.shape.length),
    ...tensor.shape.map(uint64),
    uint32(tensor.values instanceof Float16Array ? TENSOR_TYPE_F16 : TENSOR_TYPE_F32),
    uint64(offset),
  ])
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(align(bytes.length, GGUF_ALIGNMENT) - bytes.length)])
}

/** Renders the whole file. Typed arrays are taken in the machine's byte order, which is little-endian wherever we run. */
export function renderGguf({ metadata, tensors }: GgufContent): Buffer {
  const contents = tensors.map(({ values }) =>
    padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  )
  let offset = 0
  const entries = tensors.map((tensor, index) => {
    const entry = tensorEntry(tensor, offset)
    offset += contents[index]?.length ?? 0
    return entry
  })
  const header = Buffer.concat([
    uint32(GGUF_MAGIC),
    uint32(GGUF_VERSION),
    uint64(tensors.length),
    uint64(metadata.length),
    ...metadata.map(([key, value]) => Buffer.concat([string(key), metadataValue(value)])),
    ...entries,
  ])
  return Buffer.concat([padded(header), ...contents])
}
