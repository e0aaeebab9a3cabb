/** What an upstream speaks, and what becomes of prompts there, in words. */
import type { UpstreamDataPolicy, UpstreamProvider } from '@spillway/contract'

export const PROVIDER_WORDS: Readonly<Record<UpstreamProvider, string>> = {
  openai: 'OpenAI’s dialect',
  anthropic: 'Anthropic’s messages',
  azure: 'Azure OpenAI’s deployments',
  gemini: 'Gemini’s generateContent',
  bedrock: 'Bedrock’s Converse',
}

export const POLICY_WORDS: Readonly<Record<UpstreamDataPolicy, string>> = {
  unknown: 'not known',
  not_kept: 'not kept',
  kept: 'kept',
  trained_on: 'trained on',
}
