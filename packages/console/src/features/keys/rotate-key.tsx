/** Makes a key that takes the place of another, which goes on for a while. */
import type { ApiKey } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { Confirm } from '../../ui/dialog.tsx'
import { SelectField } from '../../ui/field.tsx'
import { ProblemPanel } from '../../ui/notices.tsx'
import { SecretOnce } from './secret-once.tsx'

interface RotateKeyProps {
  readonly apiKey: ApiKey
  readonly onClose: () => void
}

export function RotateKey({ apiKey, onClose }: RotateKeyProps): ReactElement {
  const [grace, setGrace] = useState('86400')
  const rotate = useCommand('rotateApiKey', { changes: ['listApiKeys'] })
  if (rotate.data)
    return (
      <SecretOnce
        title={`The key ${apiKey.name.slice(0, 60)}`}
        secret={rotate.data.secret}
        onClose={onClose}
      />
    )
  return (
    <Confirm
      title={`Rotate ${apiKey.name.slice(0, 60)}?`}
      action="Rotate the key"
      isBusy={rotate.isPending}
      onConfirm={() =>
        rotate.mutate({ params: { id: apiKey.id }, body: { graceS: Number(grace) } })
      }
      onClose={onClose}
    >
      <p className="mb-3">
        A new key takes its place, kept to the same. Programs have until then to change over.
      </p>
      <SelectField
        label="The old key works on for"
        value={grace}
        onChange={(event) => setGrace(event.target.value)}
      >
        <option value="0">no time</option>
        <option value="3600">an hour</option>
        <option value="86400">a day</option>
        <option value="604800">a week</option>
      </SelectField>
      {rotate.error && <ProblemPanel explanation={explain(rotate.error)} />}
    </Confirm>
  )
}
