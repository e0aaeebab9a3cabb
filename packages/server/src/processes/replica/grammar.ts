/** Holds an answer to JSON, or to a schema: llama.cpp then samples only tokens that can still lead to one. */
import {
  type Llama,
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  type LlamaModel,
} from 'node-llama-cpp'
import { holdAnswerSchema, type Schema } from './answer-schema.ts'
import { invalid } from './refusal.ts'

/** What an answer has to be: any JSON object, or one that fits. */
export type AnswerFormat =
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly schema: Schema }

/** For one answer. */
export interface Constraint {
  readonly state: LlamaGrammarEvaluationState
}

export type Constrain = (format: AnswerFormat) => Promise<Constraint>

/** What such an answer ends with: it is not part of it. */
export const CONSTRAINED_END = '\n\n\n\n'

/** Characters that JSON needs. A model that cannot spell them all has no next token, which would end this process. */
const SAMPLE = '{"a": [true, false, null, "b\\n"], "c": -1.5E3}\n'

async function compile(llama: Llama, format: AnswerFormat): Promise<LlamaGrammar> {
  if (format.kind === 'json') return llama.getGrammarFor('json')
  const schema = holdAnswerSchema(format.schema)
  try {
    return await llama.createGrammarForJsonSchema(schema as { type: 'object' })
  } catch {
    // Its own words are about grammars, which nobody sent.
    throw invalid('An answer cannot be held to this schema here.', 'response_format')
  }
}

export function createConstrain(llama: Llama, model: LlamaModel): Constrain {
  const canSpell = model.detokenize(model.tokenize(SAMPLE)) === SAMPLE
  return async (format) => {
    if (!canSpell) throw invalid('This model cannot spell JSON.', 'response_format')
    const grammar = await compile(llama, format)
    return { state: new LlamaGrammarEvaluationState({ model, grammar }) }
  }
}
