/** What was asked as code to copy. */
import { type ReactElement, useState } from 'react'
import { Segmented } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { Section } from '../../ui/page.tsx'
import { type CodeDialect, renderCall } from './call-code.ts'
import { type PlaygroundDraft, requestOf } from './lane.ts'

interface CallCodeProps {
  readonly models: readonly string[]
  readonly draft: PlaygroundDraft
}

export function CallCode({ models, draft }: CallCodeProps): ReactElement {
  const [dialect, setDialect] = useState<CodeDialect>('curl')
  const [named, setNamed] = useState('')
  const model = models.includes(named) ? named : (models[0] ?? '')
  return (
    <Section
      title="As code"
      aside={
        <>
          {models.length > 1 && (
            <Segmented
              label="Model of the code"
              value={model}
              choices={models.map((each) => ({ value: each, label: each }))}
              onChange={setNamed}
            />
          )}
          <Segmented<CodeDialect>
            label="Client"
            value={dialect}
            choices={[
              { value: 'curl', label: 'curl' },
              { value: 'python', label: 'Python' },
            ]}
            onChange={setDialect}
          />
        </>
      }
    >
      <Code
        label={`the call with ${dialect}`}
        text={renderCall(dialect, requestOf(model, draft), location.origin)}
      />
    </Section>
  )
}
