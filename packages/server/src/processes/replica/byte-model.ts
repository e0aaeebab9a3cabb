/**
 * A model for tests whose tokens are bytes, as in byte-level tokenizers, with turns marked by special tokens, as real
 * chat models have them. It answers every conversation with one fixed text. It ships, but serves nobody.
 */
import { assert } from '#kernel/assert.ts'
import { type MetadataValue, type Tensor, renderGguf } from '#platform/models/gguf/write.ts'

const SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
const DIMENSIONS = 288
const HEAD_LENGTH = 32
const NEVER = -40
const BYTE_COUNT = 256
const NEWLINE = 0x0a
const END_OF_TEXT = BYTE_COUNT
const END_OF_TURN = BYTE_COUNT + 2

const TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

/** GPT-2 spells a byte by its own character where that is visible, and by one from 256 on where it is not. */
function spellBytes(): string[] {
  const isVisible = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let invisible = BYTE_COUNT
  return Array.from({ length: BYTE_COUNT }, (_, byte) =>
    String.fromCodePoint(isVisible(byte) ? byte : invisible++),
  )
}

/** After the newline of `assistant` comes the first byte of the answer, after each byte the next, then the end. */
function output(answer: Buffer, tokenCount: number): Float32Array {
  const root = Math.sqrt(DIMENSIONS)
  const matrix = new Float32Array(tokenCount * DIMENSIONS).fill(NEVER / root)
  let last = NEWLINE
  for (const next of [...answer, END_OF_TURN]) {
    matrix[next * DIMENSIONS + last] = 0
    last = next
  }
  return matrix
}

function tensors(answer: Buffer, tokenCount: number): Tensor[] {
  const embedding = new Float32Array(tokenCount * DIMENSIONS)
  for (let token = 0; token < tokenCount; token++) embedding[token * DIMENSIONS + token] = 1
  const zeros = (name: string, columns: number, rows: number): Tensor => ({
    name,
    shape: [columns, rows],
    values: new Float32Array(columns * rows),
  })
  const ones = (name: string): Tensor => ({
    name,
    shape: [DIMENSIONS],
    values: new Float32Array(DIMENSIONS).fill(1),
  })
  return [
    { ...zeros('token_embd.weight', DIMENSIONS, tokenCount), values: embedding },
    ones('blk.0.attn_norm.weight'),
    zeros('blk.0.attn_q.weight', DIMENSIONS, HEAD_LENGTH),
    zeros('blk.0.attn_k.weight', DIMENSIONS, HEAD_LENGTH),
    zeros('blk.0.attn_v.weight', DIMENSIONS, HEAD_LENGTH),
    zeros('blk.0.attn_output.weight', HEAD_LENGTH, DIMENSIONS),
    ones('blk.0.ffn_norm.weight'),
    zeros('blk.0.ffn_gate.weight', DIMENSIONS, HEAD_LENGTH),
    zeros('blk.0.ffn_up.weight', DIMENSIONS, HEAD_LENGTH),
    zeros('blk.0.ffn_down.weight', HEAD_LENGTH, DIMENSIONS),
    ones('output_norm.weight'),
    {
      ...zeros('output.weight', DIMENSIONS, tokenCount),
      values: output(answer, tokenCount),
    },
  ]
}

const uint32 = (value: number): MetadataValue => ({ type: 'uint32', value })
const string = (value: string): MetadataValue => ({ type: 'string', value })

function metadata(tokens: readonly string[]): (readonly [string, MetadataValue])[] {
  return [
    ['general.architecture', string('llama')],
    ['general.name', string('Bytes')],
    ['llama.vocab_size', uint32(tokens.length)],
    ['llama.context_length', uint32(512)],
    ['llama.embedding_length', uint32(DIMENSIONS)],
    ['llama.block_count', uint32(1)],
    ['llama.feed_forward_length', uint32(HEAD_LENGTH)],
    ['llama.attention.head_count', uint32(1)],
    ['llama.attention.key_length', uint32(HEAD_LENGTH)],
    ['llama.attention.value_length', uint32(HEAD_LENGTH)],
    ['llama.rope.dimension_count', uint32(HEAD_LENGTH)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-7 }],
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('gpt-2')],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens }],
    [
      'tokenizer.ggml.token_type',
      { type: 'int32s', value: tokens.map((_, id) => (id < BYTE_COUNT ? 1 : 3)) },
    ],
    // A list of merges must be there; this one joins characters that never stand together.
    ['tokenizer.ggml.merges', { type: 'strings', value: ['\u0120 \u0120'] }],
    ['tokenizer.ggml.bos_token_id', uint32(END_OF_TEXT)],
    ['tokenizer.ggml.eos_token_id', uint32(END_OF_TEXT)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
    ['tokenizer.chat_template', string(TEMPLATE)],
  ]
}

/** The file. No byte of the answer may occur twice, since each decides what follows it. */
export function renderByteModel(answer: string): Buffer {
  const bytes = Buffer.from(answer)
  assert(new Set(bytes).size === bytes.length, 'no byte of the answer occurs twice')
  const tokens = [...spellBytes(), ...SPECIALS]
  return renderGguf({
    metadata: metadata(tokens),
    tensors: tensors(bytes, tokens.length),
  })
}
