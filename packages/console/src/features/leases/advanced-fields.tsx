/** The fields of the lease form that most people leave as they are, in groups; closed, it says what is set in it. */
import { NoticeSignal } from '@spillway/contract'
import type { ReactElement, ReactNode } from 'react'
import { InputField, SelectField, TextField } from '../../ui/field.tsx'
import { advancedWords } from './advanced-words.ts'
import type { LeaseDraft } from './lease-draft.ts'
import type { LeaseFieldsProps } from './lease-fields-props.ts'

const FIELDS = [
  'nodes',
  'fabric',
  'site',
  'inputs',
  'outputs',
  'requeue',
  'failuresMax',
  'noticeSignal',
  'graceSeconds',
  'environment',
  'secrets',
  'workingDirectory',
] as const satisfies readonly (keyof LeaseDraft)[]

/** It opens by itself where something in it is wrong. */
export function AdvancedFields(props: LeaseFieldsProps): ReactElement {
  const { errors } = props.form.formState
  const words = advancedWords(props.draft)
  return (
    <details className="group border-t border-line pt-3" open={FIELDS.some((each) => errors[each])}>
      <summary className="font-medium">
        Advanced{' '}
        <span className="font-normal text-muted group-open:hidden">
          {words.length > 0 ? words.join(', ') : 'placement, files, restarts, environment'}
        </span>
      </summary>
      <div className="mt-4 flex flex-col gap-6">
        <Placement {...props} />
        <Files {...props} />
        <Interruptions {...props} />
        <Surroundings {...props} />
      </div>
    </details>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 w-full border-b border-line pb-1 text-12 text-muted">{title}</legend>
      <div className="grid gap-4 sm:grid-cols-2">{children}</div>
    </fieldset>
  )
}

function Placement({ form, pools }: LeaseFieldsProps): ReactElement {
  const { register, formState } = form
  const sites = [...new Set(pools.map((pool) => pool.site))]
  return (
    <Group title="Placement">
      <InputField
        label="Nodes"
        inputMode="numeric"
        placeholder="as few as it takes"
        help="The same number of GPUs on each."
        error={formState.errors.nodes?.message}
        {...register('nodes')}
      />
      <SelectField
        label="Fabric"
        help="One fabric for full speed between nodes; it waits for one."
        error={formState.errors.fabric?.message}
        {...register('fabric')}
      >
        <option value="any">any</option>
        <option value="same">all nodes on one</option>
      </SelectField>
      <SelectField label="Site" error={formState.errors.site?.message} {...register('site')}>
        <option value="">any</option>
        {sites.map((site) => (
          <option key={site} value={site}>
            {site}
          </option>
        ))}
      </SelectField>
    </Group>
  )
}

function Files({ form }: LeaseFieldsProps): ReactElement {
  const { register, formState } = form
  return (
    <Group title="Files">
      <TextField
        label="Inputs"
        isMono
        rows={3}
        wrap="off"
        placeholder="data/set.tar=https://store.example/set.tar?signature=…"
        help="PATH=URL, one a line; fetched before the command starts."
        error={formState.errors.inputs?.message}
        {...register('inputs')}
      />
      <TextField
        label="Outputs"
        isMono
        rows={3}
        wrap="off"
        placeholder="model.bin=https://store.example/model.bin?signature=…"
        help="PATH=URL, one a line; sent by PUT when the command has ended."
        error={formState.errors.outputs?.message}
        {...register('outputs')}
      />
    </Group>
  )
}

function Interruptions({ form, draft }: LeaseFieldsProps): ReactElement {
  const { register, formState } = form
  const hasTerms = draft.kind !== 'anchor' && draft.mode !== 'interactive'
  return (
    <Group title="Interruptions">
      {hasTerms && (
        <SelectField
          label="Start again"
          help="When there is room again; after failures, later each time."
          error={formState.errors.requeue?.message}
          {...register('requeue')}
        >
          <option value="never">never</option>
          <option value="on_reclaim">after a reclaim</option>
          <option value="on_failure">after a reclaim or a failure</option>
        </SelectField>
      )}
      {hasTerms && draft.requeue === 'on_failure' && (
        <InputField
          label="Failures"
          inputMode="numeric"
          unit="at most"
          help="After so many it is given up; reclaims do not count."
          error={formState.errors.failuresMax?.message}
          {...register('failuresMax')}
        />
      )}
      {hasTerms && (
        <SelectField
          label="Notice signal"
          help="Sent when a reclaim is announced."
          error={formState.errors.noticeSignal?.message}
          {...register('noticeSignal')}
        >
          {NoticeSignal.options.map((signal) => (
            <option key={signal} value={signal}>
              {signal}
            </option>
          ))}
        </SelectField>
      )}
      <InputField
        label="Grace"
        inputMode="decimal"
        unit="seconds"
        help="Between the request to stop and the kill."
        error={formState.errors.graceSeconds?.message}
        {...register('graceSeconds')}
      />
    </Group>
  )
}

function Surroundings({ form }: LeaseFieldsProps): ReactElement {
  const { register, formState } = form
  return (
    <Group title="Environment">
      <TextField
        label="Environment"
        isMono
        rows={3}
        placeholder={'NAME=value'}
        help="One variable a line."
        error={formState.errors.environment?.message}
        {...register('environment')}
      />
      <TextField
        label="Secrets"
        isMono
        rows={3}
        placeholder={'NAME=value'}
        help="One variable a line; written, and never shown again."
        error={formState.errors.secrets?.message}
        {...register('secrets')}
      />
      <div className="sm:col-span-2">
        <InputField
          label="Working directory"
          isMono
          placeholder="a folder of its own, or the server’s choice"
          error={formState.errors.workingDirectory?.message}
          {...register('workingDirectory')}
        />
      </div>
    </Group>
  )
}
