/**
 * The model's own chat template: conversations become prompt tokens, and the marks between turns become ends of an
 * answer. A model without a usable template gets the one that node-llama-cpp knows for its family.
 */
import {
  type ChatHistoryItem,
  type ChatWrapper,
  GeneralChatWrapper,
  JinjaTemplateChatWrapper,
  type LlamaModel,
  type LlamaText,
  type Token,
  resolveChatWrapper,
} from 'node-llama-cpp'
import type { Message } from './request.ts'

export interface ChatTemplate {
  readonly render: (messages: readonly Message[]) => Token[]
  /** Tokens that end an answer, besides the end-of-text tokens that llama.cpp knows. */
  readonly endTokens: ReadonlySet<Token>
  /** Texts that end an answer, for templates that mark turns with plain words. */
  readonly endTexts: readonly string[]
}

export function createChatTemplate(model: LlamaModel): ChatTemplate {
  const wrapper = chooseWrapper(model)
  const state = (messages: readonly Message[]) =>
    wrapper.generateContextState({ chatHistory: renderHistory(messages) })
  const marks = state([{ role: 'user', text: 'Hello' }]).stopGenerationTriggers
  return {
    render: (messages) => state(messages).contextText.tokenize(model.tokenizer),
    ...readMarks(model, marks),
  }
}

function chooseWrapper(model: LlamaModel): ChatWrapper {
  const template = model.fileInfo.metadata.tokenizer?.chat_template
  try {
    if (template)
      return new JinjaTemplateChatWrapper({
        template,
        tokenizer: model.tokenizer,
        functionCallMessageTemplate: 'noJinja',
      })
  } catch {
    // A template that this engine cannot run; what follows works from the family of the model.
  }
  return resolveChatWrapper(model, { warningLogs: false }) ?? new GeneralChatWrapper()
}

/** The conversation as node-llama-cpp has it, ending with an answer that is still empty. */
function renderHistory(messages: readonly Message[]): ChatHistoryItem[] {
  const items = messages.map(({ role, text }): ChatHistoryItem =>
    role === 'assistant' ? { type: 'model', response: [text] } : { type: role, text },
  )
  return [...items, { type: 'model', response: [''] }]
}

function readMarks(
  model: LlamaModel,
  marks: readonly LlamaText[],
): Pick<ChatTemplate, 'endTokens' | 'endTexts'> {
  const endTokens = new Set<Token>()
  const endTexts: string[] = []
  for (const mark of marks) {
    const [first] = mark.tokenize(model.tokenizer)
    if (first === undefined) continue
    if (model.isSpecialToken(first)) endTokens.add(first)
    else if (mark.toString().trim() !== '') endTexts.push(mark.toString())
  }
  return { endTokens, endTexts }
}
