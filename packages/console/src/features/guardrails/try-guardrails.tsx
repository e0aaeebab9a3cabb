/** A text is tried: what the guardrails would make of it. */
import type { GuardrailTrial } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { Section } from '../../ui/page.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { OUTCOME_WORDS } from './guardrail-words.ts'

function Trial({ trial }: { readonly trial: GuardrailTrial }): ReactElement {
  const { outcome, text, findings, notAsked, toModel } = trial
  return (
    <div role="status" className="space-y-2">
      <StateWord tone={outcome === 'passed' ? 'good' : 'warn'}>
        {toModel === null ? OUTCOME_WORDS[outcome] : `Goes to ${toModel}`}
      </StateWord>
      {text !== null && outcome === 'redacted' && (
        <p className="rounded-md bg-sunken px-3 py-2 break-words whitespace-pre-wrap">{text}</p>
      )}
      <ul className="text-muted">
        {findings.map(({ guardrail, found, count }) => (
          <li key={`${guardrail} ${found}`}>
            {guardrail} found {found}, {count === 1 ? 'once' : `${count} times`}
          </li>
        ))}
        {notAsked.map((name) => (
          <li key={name}>{name} asks a model, which a trial does not</li>
        ))}
      </ul>
    </div>
  )
}

export function TryGuardrails(): ReactElement {
  const [text, setText] = useState('')
  const [side, setSide] = useState<'input' | 'output'>('input')
  const trial = useCommand('tryGuardrails', { changes: [] })
  return (
    <Section title="Try a text">
      <form
        className="max-w-2xl space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          trial.mutate({ body: { side, text } })
        }}
      >
        <SelectField
          label="As"
          value={side}
          onChange={({ target }) => setSide(target.value === 'output' ? 'output' : 'input')}
        >
          <option value="input">A request</option>
          <option value="output">An answer</option>
        </SelectField>
        <TextField
          label="Text"
          rows={3}
          value={text}
          error={trial.error ? explain(trial.error).title : undefined}
          onChange={({ target }) => setText(target.value)}
        />
        <Button type="submit" isBusy={trial.isPending} disabled={text === ''}>
          Try it
        </Button>
        {trial.data && <Trial trial={trial.data} />}
      </form>
    </Section>
  )
}
