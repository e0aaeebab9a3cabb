/** The kinds of servers that can be asked. A new one is a folder and a line here. */
import type { Provider } from '../frame/provider.ts'
import type { ProviderKind } from '../route.ts'
import { anthropic } from './anthropic/provider.ts'
import { azure } from './azure/provider.ts'
import { bedrock } from './bedrock/provider.ts'
import { gemini } from './gemini/provider.ts'
import { openai } from './openai/provider.ts'

export const PROVIDERS: Readonly<Record<ProviderKind, Provider>> = {
  openai,
  anthropic,
  azure,
  gemini,
  bedrock,
}
