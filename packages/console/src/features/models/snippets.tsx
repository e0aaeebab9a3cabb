/** How to call the model from elsewhere: curl, the official client, the CLI. */
import type { Model } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Segmented } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Section } from '../../ui/page.tsx'

const DIALECTS = ['curl', 'python', 'node', 'cli'] as const
type Dialect = (typeof DIALECTS)[number]

function render(dialect: Dialect, model: string, origin: string): string {
  const question = 'Say hello.'
  switch (dialect) {
    case 'curl':
      return [
        `curl ${origin}/v1/chat/completions \\`,
        '  -H "Authorization: Bearer $SPILLWAY_KEY" \\',
        `  -H 'Content-Type: application/json' \\`,
        `  -d '${JSON.stringify({ model, messages: [{ role: 'user', content: question }], stream: true })}'`,
      ].join('\n')
    case 'python':
      return [
        'from openai import OpenAI',
        `client = OpenAI(base_url="${origin}/v1", api_key=SPILLWAY_KEY)`,
        `stream = client.chat.completions.create(model="${model}", stream=True,`,
        `    messages=[{"role": "user", "content": "${question}"}])`,
        'for chunk in stream:',
        '    print(chunk.choices[0].delta.content or "", end="")',
      ].join('\n')
    case 'node':
      return [
        `import OpenAI from 'openai'`,
        `const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.SPILLWAY_KEY })`,
        `const stream = await client.chat.completions.create({ model: '${model}', stream: true,`,
        `  messages: [{ role: 'user', content: '${question}' }] })`,
        `for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '')`,
      ].join('\n')
    case 'cli':
      return `npx spillway chat --model ${model} '${question}'`
  }
}

interface SnippetsProps {
  readonly model: Model
  readonly dialect: string | undefined
  readonly onDialect: (dialect: string) => void
}

export function Snippets({ model, dialect, onDialect }: SnippetsProps): ReactElement {
  const chosen = DIALECTS.find((each) => each === dialect) ?? 'curl'
  return (
    <Section
      title="Call it"
      aside={
        <Segmented
          label="Client"
          value={chosen}
          onChange={onDialect}
          choices={[
            { value: 'curl', label: 'curl' },
            { value: 'python', label: 'Python' },
            { value: 'node', label: 'Node' },
            { value: 'cli', label: 'CLI' },
          ]}
        />
      }
    >
      <Code label={`the ${chosen} call`} text={render(chosen, model.id, location.origin)} />
    </Section>
  )
}
