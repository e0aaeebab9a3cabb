/** The files that may go with a plan: a fleet in place of the installation's pools, and a trace in place of made-up work. */
import type { ChangeEvent, ReactElement } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import type { PlanDraft, PlanErrors } from './plan-draft.ts'

/** Their texts, as they are sent beside the scenario. */
export interface PlanTexts {
  readonly fleet?: string
  /** Gzipped and in base64. */
  readonly trace?: string
}

/** Bytes that are turned into characters at once. */
const CHUNK = 32_768

async function packed(file: File): Promise<string> {
  const stream = file.stream().pipeThrough(new CompressionStream('gzip'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(text)
}

interface PlanFilesProps {
  readonly draft: PlanDraft
  readonly texts: PlanTexts
  readonly errors: PlanErrors
  readonly onChange: (draft: PlanDraft, texts: PlanTexts) => void
}

export function PlanFiles({ draft, texts, errors, onChange }: PlanFilesProps): ReactElement {
  const { fleet: _fleet, ...withoutFleet } = texts
  const { trace: _trace, ...withoutTrace } = texts
  const pickFleet = async (file: File): Promise<void> =>
    onChange({ ...draft, fleet: file.name }, { ...texts, fleet: await file.text() })
  const pickTrace = async (file: File): Promise<void> =>
    onChange({ ...draft, trace: file.name }, { ...texts, trace: await packed(file) })
  return (
    <div className="grid max-w-[960px] items-start gap-4 sm:grid-cols-2">
      <FilePick
        label="Fleet file"
        note="In place of the pools of this installation."
        accept=".yaml,.yml,.json"
        name={draft.fleet}
        error={errors.get('fleet')}
        onPick={(file) => void pickFleet(file)}
        onRemove={() => onChange({ ...draft, fleet: null }, withoutFleet)}
      >
        <InputField
          label="Pools of the file"
          help="Names with commas between; empty: its first."
          value={draft.fleetPools}
          error={errors.get('pool') ?? errors.get('pools')}
          onChange={(event) => onChange({ ...draft, fleetPools: event.target.value }, texts)}
        />
      </FilePick>
      <FilePick
        label="Job trace"
        note="In place of the owner’s demand and spot, for one pool."
        accept=".csv"
        name={draft.trace}
        error={errors.get('trace')}
        onPick={(file) => void pickTrace(file)}
        onRemove={() => onChange({ ...draft, trace: null }, withoutTrace)}
      >
        <SelectField
          label="Rows that ask for a part of a GPU"
          value={draft.partOfGpu}
          onChange={(event) => onChange({ ...draft, partOfGpu: event.target.value }, texts)}
        >
          <option value="refuse">are refused</option>
          <option value="whole">get a whole one</option>
        </SelectField>
      </FilePick>
    </div>
  )
}

interface FilePickProps {
  readonly label: string
  readonly note: string
  readonly accept: string
  /** Of the file that was picked. */
  readonly name: string | null
  readonly error: string | undefined
  readonly onPick: (file: File) => void
  readonly onRemove: () => void
  /** What else is asked once there is one. */
  readonly children: ReactElement
}

function FilePick(props: FilePickProps): ReactElement {
  const { label, note, accept, name, error, onPick, onRemove, children } = props
  const pick = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    const file = target.files?.[0]
    if (file) onPick(file)
    // The same file may be picked again, when it has changed.
    target.value = ''
  }
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <label className="min-w-0">
        <span className="mb-1 block font-medium">{label}</span>
        <input
          type="file"
          accept={accept}
          onChange={pick}
          className="block w-full text-12 text-muted file:mr-3 file:h-[30px] file:rounded-base file:border file:border-solid file:border-line-strong file:bg-bg file:px-3 file:font-medium file:text-text"
        />
      </label>
      {name === null ? (
        <p className="text-12 text-muted">{note}</p>
      ) : (
        <p className="flex items-center gap-1">
          <code className="truncate">{name}</code>
          <IconButton icon="cross" label={`Leave out ${name}`} onClick={onRemove} />
        </p>
      )}
      {error && <p className="text-12 text-bad">{error}</p>}
      {name !== null && children}
    </div>
  )
}
