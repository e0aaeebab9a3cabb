/** What is asked, and with which parameters. */
import type { ReactElement } from 'react'
import { InputField, TextField } from '../../ui/field.tsx'
import type { PlaygroundDraft } from './lane.ts'

interface PromptFieldsProps {
  readonly draft: PlaygroundDraft
  readonly onDraft: (draft: PlaygroundDraft) => void
}

export function PromptFields({ draft, onDraft }: PromptFieldsProps): ReactElement {
  const field = (name: keyof PlaygroundDraft) => ({
    value: draft[name],
    onChange: (event: { target: { value: string } }) =>
      onDraft({ ...draft, [name]: event.target.value }),
  })
  return (
    <div className="grid gap-4 lg:grid-cols-12">
      <div className="min-w-0 lg:col-span-6">
        <TextField label="Prompt" rows={6} {...field('prompt')} />
      </div>
      <div className="min-w-0 lg:col-span-3">
        <TextField label="System message" rows={6} {...field('system')} />
      </div>
      <div className="grid min-w-0 grid-cols-2 content-start gap-x-3 gap-y-2 lg:col-span-3">
        <InputField label="Tokens at most" type="number" min={1} {...field('maxTokens')} />
        <InputField
          label="Temperature"
          type="number"
          min={0}
          max={2}
          step={0.1}
          {...field('temperature')}
        />
        <InputField label="Top p" type="number" min={0} max={1} step={0.05} {...field('topP')} />
        <InputField label="Seed" type="number" step={1} {...field('seed')} />
      </div>
    </div>
  )
}
