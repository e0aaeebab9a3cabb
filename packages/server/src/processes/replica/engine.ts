/**
 * llama.cpp as the replica uses it: count, spell, evaluate. One context with a sequence for each conversation at a
 * time; node-llama-cpp evaluates them in one batch. Everything about HTTP is elsewhere.
 */
import { randomInt } from 'node:crypto'
import {
  LlamaLogLevel,
  type Llama,
  type LlamaContextSequence,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
  getLlama,
} from 'node-llama-cpp'
import { createChatTemplate } from './chat-template.ts'
import { createEmbedder, type Embed } from './embedding.ts'
import { type Constrain, type Constraint, createConstrain } from './grammar.ts'
import { invalid } from './refusal.ts'
import type { Message, Sampling } from './request.ts'
import { takeClosest } from './sequences.ts'

export type Prompt = readonly Token[]

export interface Engine {
  readonly contextTokens: number
  /** Texts that end an answer of this model, besides its end-of-text token. */
  readonly stops: readonly string[]
  /** The tokens of a conversation, through the model's own chat template. */
  readonly prompt: (messages: readonly Message[]) => Prompt
  /** The tokens of a text as it is, without a template. */
  readonly tokenize: (text: string) => Prompt
  /** Tokens are the whole numbers below it; anything else would end this process. */
  readonly vocabularySize: number
  readonly countText: (text: string) => number
  readonly spell: (tokens: readonly Token[]) => string
  /** Samples tokens until the model ends the text, the caller leaves the loop, or the signal aborts. */
  readonly evaluate: (prompt: Prompt, run: Evaluation) => AsyncGenerator<Token, void, undefined>
  /** What holds an answer to a format. Throws `Refused` for one that it cannot hold. */
  readonly constrain: Constrain
  /** Null where the model answers instead. */
  readonly embed: Embed | null
}

export interface Evaluation {
  readonly sampling: Sampling
  readonly signal: AbortSignal
  readonly constraint: Constraint | null
}

export interface EngineOptions {
  readonly weightsPath: string
  readonly contextTokens: number | null
  readonly parallel: number
  readonly threads: number
  readonly useGpu: boolean
  /** It makes embeddings, and nothing else. */
  readonly isEmbedding: boolean
}

/** Without a wish, a conversation has at most this many tokens: memory is taken for all of them. */
const CONTEXT_TOKENS_DEFAULT = 8192
/** Tokens of the answer that the penalties look back on. */
const PENALTY_WINDOW = 256
/** Tokens of a prompt that are evaluated before anybody asks whether the client is still there. */
const PROMPT_SLICE = 512
const SEEDS = 2 ** 32

/** Loads the model. Takes seconds for a large one; the event loop stays free. */
export async function loadEngine(options: EngineOptions): Promise<Engine> {
  const llama = await getLlama({
    gpu: options.useGpu ? 'auto' : false,
    build: 'never',
    skipDownload: true,
    maxThreads: options.threads,
    logLevel: LlamaLogLevel.error,
  })
  const model = await llama.loadModel({ modelPath: options.weightsPath })
  const trained = model.trainContextSize
  const contextTokens = Math.min(options.contextTokens ?? CONTEXT_TOKENS_DEFAULT, trained)
  if (options.isEmbedding) return createEmbeddingEngine(model, contextTokens, options.threads)
  const context = await model.createContext({
    sequences: options.parallel,
    contextSize: contextTokens,
    threads: options.threads,
  })
  const sequences = Array.from({ length: options.parallel }, () => context.getSequence())
  return createEngine({ llama, model }, sequences, contextTokens)
}

function createEngine(
  { llama, model }: { readonly llama: Llama; readonly model: LlamaModel },
  idle: LlamaContextSequence[],
  contextTokens: number,
): Engine {
  const template = createChatTemplate(model)
  return {
    contextTokens,
    stops: template.endTexts,
    prompt: template.render,
    tokenize: (text) => withBeginning(model, model.tokenize(text)),
    vocabularySize: vocabularySizeOf(model),
    countText: (text) => model.tokenize(text).length,
    spell: (tokens) => model.detokenize(tokens),
    evaluate: (prompt, run) => evaluate({ idle, endTokens: template.endTokens }, prompt, run),
    constrain: createConstrain(llama, model),
    embed: null,
  }
}

const onlyEmbeddings = (): never => {
  throw invalid('This model makes embeddings only.', 'model')
}

async function createEmbeddingEngine(
  model: LlamaModel,
  contextTokens: number,
  threads: number,
): Promise<Engine> {
  return {
    contextTokens,
    stops: [],
    prompt: onlyEmbeddings,
    tokenize: onlyEmbeddings,
    vocabularySize: vocabularySizeOf(model),
    spell: onlyEmbeddings,
    evaluate: onlyEmbeddings,
    constrain: onlyEmbeddings,
    ...(await createEmbedder(model, contextTokens, threads)),
  }
}

/** As the model was trained: many begin every text with a token of its own. */
function withBeginning({ tokens }: LlamaModel, text: readonly Token[]): Prompt {
  return tokens.shouldPrependBosToken && tokens.bos !== null ? [tokens.bos, ...text] : text
}

function vocabularySizeOf({ fileInfo }: LlamaModel): number {
  return fileInfo.metadata.tokenizer?.ggml.tokens.length ?? 0
}

interface Machinery {
  readonly idle: LlamaContextSequence[]
  readonly endTokens: ReadonlySet<Token>
}

async function* evaluate(
  { idle, endTokens }: Machinery,
  prompt: Prompt,
  { sampling, signal, constraint }: Evaluation,
): AsyncGenerator<Token, void, undefined> {
  const sequence = takeClosest(idle, prompt)
  try {
    const rest = await readPrompt(sequence, prompt, signal)
    const answer: Token[] = []
    const options = {
      ...renderSampling(sampling, answer),
      ...(constraint && { grammarEvaluationState: constraint.state }),
    }
    for await (const token of sequence.evaluate(rest, options)) {
      signal.throwIfAborted()
      if (endTokens.has(token)) return
      answer.push(token)
      yield token
    }
  } finally {
    idle.push(sequence)
  }
}

/**
 * Evaluates a prompt up to its last part, which the caller evaluates to get the first token. What the sequence already
 * holds of it is kept. In slices, so that a client who leaves does not keep a long prompt calculating.
 */
async function readPrompt(
  sequence: LlamaContextSequence,
  prompt: Prompt,
  signal: AbortSignal,
): Promise<Token[]> {
  const beginning = prompt.slice(0, -1)
  if (beginning.length > 0) await sequence.adaptStateToTokens(beginning, false)
  else await sequence.clearHistory()
  let rest = prompt.slice(sequence.nextTokenIndex)
  while (rest.length > PROMPT_SLICE) {
    signal.throwIfAborted()
    await sequence.evaluateWithoutGeneratingNewTokens(rest.slice(0, PROMPT_SLICE))
    rest = rest.slice(PROMPT_SLICE)
  }
  return rest
}

function renderSampling(sampling: Sampling, answer: Token[]): SequenceEvaluateOptions {
  const { temperature, topP, topK, minP, seed, frequencyPenalty, presencePenalty } = sampling
  const hasPenalty = frequencyPenalty !== 0 || presencePenalty !== 0
  return {
    temperature,
    topP,
    topK,
    minP,
    seed: seed ?? randomInt(SEEDS),
    ...(hasPenalty && {
      repeatPenalty: {
        punishTokens: () => answer.slice(-PENALTY_WINDOW),
        maxPunishTokens: PENALTY_WINDOW,
        penalty: 1,
        frequencyPenalty,
        presencePenalty,
      },
    }),
  }
}
