/** What the toy's file says about itself: shape, tokenizer and chat template. */
import type { MetadataValue } from '../gguf/write.ts'
import { MEMORY_LENGTH } from './memory.ts'
import { ANSWER, END } from './statistics.ts'
import { PAD, UNKNOWN, spell, tokenType } from './vocabulary.ts'

export const TOY_NAME = 'Spillway toy'
export const TOY_CONTEXT_TOKENS = 4096
export const TOY_FEED_FORWARD_LENGTH = 32

/** Every message is its words; an answer begins where a sentence begins. */
const CHAT_TEMPLATE = `{% for message in messages %}{% if message.role == 'assistant' %}${ANSWER}{% endif %}{{ message.content }}
{% endfor %}{% if add_generation_prompt %}${ANSWER}{% endif %}`

type Entry = readonly [key: string, value: MetadataValue]

const uint32 = (value: number): MetadataValue => ({ type: 'uint32', value })
const string = (value: string): MetadataValue => ({ type: 'string', value })
const no: MetadataValue = { type: 'bool', value: false }

function modelEntries(tokenCount: number, dimensions: number): Entry[] {
  return [
    ['general.architecture', string('llama')],
    ['general.name', string(TOY_NAME)],
    ['general.description', string('A bigram model of a few pages. Its words mean nothing.')],
    ['general.license', string('apache-2.0')],
    ['llama.vocab_size', uint32(tokenCount)],
    ['llama.context_length', uint32(TOY_CONTEXT_TOKENS)],
    ['llama.embedding_length', uint32(dimensions)],
    ['llama.block_count', uint32(1)],
    ['llama.feed_forward_length', uint32(TOY_FEED_FORWARD_LENGTH)],
    ['llama.attention.head_count', uint32(1)],
    ['llama.attention.head_count_kv', uint32(1)],
    ['llama.attention.key_length', uint32(MEMORY_LENGTH)],
    ['llama.attention.value_length', uint32(MEMORY_LENGTH)],
    ['llama.rope.dimension_count', uint32(MEMORY_LENGTH)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-7 }],
  ]
}

function tokenizerEntries(tokens: readonly string[]): Entry[] {
  const id = (token: string) => uint32(tokens.indexOf(token))
  return [
    ['tokenizer.ggml.model', string('bert')],
    ['tokenizer.ggml.tokens', { type: 'strings', value: tokens.map(spell) }],
    ['tokenizer.ggml.scores', { type: 'float32s', value: tokens.map(() => 0) }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: tokens.map(tokenType) }],
    ['tokenizer.ggml.padding_token_id', id(PAD)],
    ['tokenizer.ggml.unknown_token_id', id(UNKNOWN)],
    ['tokenizer.ggml.mask_token_id', id(PAD)],
    ['tokenizer.ggml.bos_token_id', id(ANSWER)],
    ['tokenizer.ggml.cls_token_id', id(ANSWER)],
    ['tokenizer.ggml.seperator_token_id', id(END)],
    ['tokenizer.ggml.eos_token_id', id(END)],
    ['tokenizer.ggml.eot_token_id', id(END)],
    ['tokenizer.ggml.add_bos_token', no],
    ['tokenizer.ggml.add_eos_token', no],
    ['tokenizer.ggml.add_sep_token', no],
    ['tokenizer.chat_template', string(CHAT_TEMPLATE)],
  ]
}

export function toyMetadata(tokens: readonly string[], dimensions: number): Entry[] {
  return [...modelEntries(tokens.length, dimensions), ...tokenizerEntries(tokens)]
}
