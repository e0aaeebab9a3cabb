/**
 * Builds the toy: a GGUF file that llama.cpp runs as a word-level bigram model with a memory (`memory.ts`). It is
 * arithmetic, not learning. How it works:
 *
 * - The embedding of a token is one-hot, so the last token alone picks a column of the output matrix. RMS
 *   normalisation stretches a one-hot vector of n dimensions to length √n; that column therefore holds
 *   log-probabilities / √n, and the logits are the log-probabilities of the bigram themselves.
 * - One block. Its queries and keys are zero, so attention is the plain mean of the memory vectors of the words so
 *   far; it lands in dimensions of its own, from where it tilts the logits. The feed-forward part is zero.
 */
import { present } from '#kernel/assert.ts'
import { type GgufContent, type Tensor, renderGguf } from '../gguf/write.ts'
import { MEMORY_LENGTH, recollect } from './memory.ts'
import { TOY_FEED_FORWARD_LENGTH, toyMetadata } from './metadata.ts'
import { ANSWER, END, type Followers, type Statistics } from './statistics.ts'
import { SPECIALS } from './vocabulary.ts'

/** The log-probability of what was never seen; `exp` of it is nothing, at any temperature in use. */
const NEVER = -40
/** Scale of the memory in the residual stream; small, so that it hardly disturbs the normalisation. */
const MEMORY_SCALE = 0.25
/** Added to the logit of the end, which the memory holds back at the beginning of an answer. */
const END_PULL = 0.8
const DIMENSIONS_MULTIPLE = 32

interface Layout {
  /** One dimension each; the memory comes after them. */
  readonly tokens: readonly string[]
  readonly dimensions: number
}

function layOut(statistics: Statistics): Layout {
  const tokens = [...SPECIALS, ...statistics.words]
  const dimensions = tokens.length + MEMORY_LENGTH
  return { tokens, dimensions: Math.ceil(dimensions / DIMENSIONS_MULTIPLE) * DIMENSIONS_MULTIPLE }
}

function embedding({ tokens, dimensions }: Layout): Float16Array {
  const matrix = new Float16Array(tokens.length * dimensions)
  tokens.forEach((_, index) => (matrix[index * dimensions + index] = 1))
  return matrix
}

/** Special tokens are followed by the beginning of a sentence. */
function followersOf(statistics: Statistics, token: string): Followers {
  const followers = statistics.followers.get(token) ?? statistics.followers.get(ANSWER)
  return present(followers, 'the beginning of a sentence')
}

/** log P(token | last), for every pair. */
function writeBigram(matrix: Float16Array, statistics: Statistics, layout: Layout): void {
  const root = Math.sqrt(layout.dimensions)
  layout.tokens.forEach((last, column) => {
    const followers = followersOf(statistics, last)
    const total = [...followers.values()].reduce((sum, count) => sum + count, 0)
    layout.tokens.forEach((token, row) => {
      const count = followers.get(token) ?? 0
      const pull = token === END ? END_PULL : 0
      const logit = count === 0 ? NEVER : Math.log(count / total) + pull
      matrix[row * layout.dimensions + column] = logit / root
    })
  })
}

function writeTilt(matrix: Float16Array, statistics: Statistics, layout: Layout): void {
  const scale = 1 / (MEMORY_SCALE * Math.sqrt(layout.dimensions))
  layout.tokens.forEach((token, row) => {
    const start = row * layout.dimensions + layout.tokens.length
    recollect(statistics, token).tilt.forEach((weight, column) => {
      matrix[start + column] = weight * scale
    })
  })
}

function output(statistics: Statistics, layout: Layout): Float16Array {
  const matrix = new Float16Array(layout.tokens.length * layout.dimensions)
  writeBigram(matrix, statistics, layout)
  writeTilt(matrix, statistics, layout)
  return matrix
}

function memoryValues(statistics: Statistics, layout: Layout): Float32Array {
  const matrix = new Float32Array(MEMORY_LENGTH * layout.dimensions)
  layout.tokens.forEach((token, column) => {
    recollect(statistics, token).said.forEach((weight, row) => {
      matrix[row * layout.dimensions + column] = weight / Math.sqrt(layout.dimensions)
    })
  })
  return matrix
}

function memoryOutput(layout: Layout): Float32Array {
  const matrix = new Float32Array(layout.dimensions * MEMORY_LENGTH)
  for (let index = 0; index < MEMORY_LENGTH; index++)
    matrix[(layout.tokens.length + index) * MEMORY_LENGTH + index] = MEMORY_SCALE
  return matrix
}

function zeros(name: string, columns: number, rows: number): Tensor {
  return { name, shape: [columns, rows], values: new Float32Array(columns * rows) }
}

function ones(name: string, length: number): Tensor {
  return { name, shape: [length], values: new Float32Array(length).fill(1) }
}

function tensors(statistics: Statistics, layout: Layout): Tensor[] {
  const { tokens, dimensions: n } = layout
  const [memory, hidden] = [MEMORY_LENGTH, TOY_FEED_FORWARD_LENGTH]
  return [
    { name: 'token_embd.weight', shape: [n, tokens.length], values: embedding(layout) },
    ones('blk.0.attn_norm.weight', n),
    zeros('blk.0.attn_q.weight', n, memory),
    zeros('blk.0.attn_k.weight', n, memory),
    { name: 'blk.0.attn_v.weight', shape: [n, memory], values: memoryValues(statistics, layout) },
    { name: 'blk.0.attn_output.weight', shape: [memory, n], values: memoryOutput(layout) },
    ones('blk.0.ffn_norm.weight', n),
    zeros('blk.0.ffn_gate.weight', n, hidden),
    zeros('blk.0.ffn_up.weight', n, hidden),
    zeros('blk.0.ffn_down.weight', hidden, n),
    ones('output_norm.weight', n),
    { name: 'output.weight', shape: [n, tokens.length], values: output(statistics, layout) },
  ]
}

/** The toy as a file. */
export function renderToy(statistics: Statistics): Buffer {
  const layout = layOut(statistics)
  const content: GgufContent = {
    metadata: toyMetadata(layout.tokens, layout.dimensions),
    tensors: tensors(statistics, layout),
  }
  return renderGguf(content)
}
