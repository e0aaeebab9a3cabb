/** The fields of the lease form: the ones everybody needs first, the rest behind one line that says what it holds. */
import type { LeaseMode } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useController } from 'react-hook-form'
import { Segmented } from '../../ui/button.tsx'
import { InputField, SelectField, TextField } from '../../ui/field.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { AdvancedFields } from './advanced-fields.tsx'
import type { DraftKind, LeaseDraft } from './lease-draft.ts'
import type { LeaseFieldsProps } from './lease-fields-props.ts'
import { TierChoice } from './tier-choice.tsx'

const SOLD: readonly DraftKind[] = ['on_demand', 'spot', 'flex']

interface ModeLook {
  readonly value: LeaseMode
  readonly label: string
  readonly note: string
  readonly commandHelp: string
  readonly placeholder: string
}

const WORDS_HELP =
  'Words as in a shell, with quotes; no shell is started, so for pipes write sh -c '

const MODES: readonly ModeLook[] = [
  {
    value: 'job',
    label: 'Job',
    note: 'Runs to its end.',
    commandHelp: `${WORDS_HELP}'…'.`,
    placeholder: 'python3 train.py --epochs 3',
  },
  {
    value: 'service',
    label: 'Service',
    note: 'Answers at a port, reached through the API.',
    commandHelp: `${WORDS_HELP}'…'. It listens on $SPILLWAY_PORT.`,
    placeholder: `sh -c 'python3 -m http.server "$SPILLWAY_PORT"'`,
  },
  {
    value: 'interactive',
    label: 'Terminal',
    note: 'A shell to type in, from here or with the CLI.',
    commandHelp: 'Empty: bash, or sh where there is none.',
    placeholder: 'bash',
  },
]

export function LeaseFields(props: LeaseFieldsProps): ReactElement {
  const { form, draft, pool, canRunAnchor } = props
  const { register, formState } = form
  const error = (field: keyof LeaseDraft): string | undefined => formState.errors[field]?.message
  const kind = useController({ control: form.control, name: 'kind' }).field
  const mode = useController({ control: form.control, name: 'mode' }).field
  const isAnchor = draft.kind === 'anchor'
  // The owner's own terminals are made on the cluster itself.
  const modes = isAnchor ? MODES.filter(({ value }) => value !== 'interactive') : MODES
  const look = modes.find(({ value }) => value === draft.mode) ?? MODES[0]
  return (
    <div className="flex flex-col gap-4">
      <TierChoice
        kinds={canRunAnchor ? [...SOLD, 'anchor'] : SOLD}
        value={kind.value}
        pool={pool}
        onChange={(next) => {
          kind.onChange(next)
          if (next === 'anchor' && draft.mode === 'interactive') mode.onChange('job')
        }}
      />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Segmented label="What it is" value={draft.mode} choices={modes} onChange={mode.onChange} />
        <span className="text-muted">{look?.note}</span>
      </div>
      <TextField
        label="Command"
        isMono
        rows={2}
        placeholder={look?.placeholder}
        help={look?.commandHelp}
        error={error('command')}
        {...register('command')}
      />
      <InputField
        label="Image"
        isMono
        placeholder="ghcr.io/org/name:tag"
        help="Empty: the programs of the node. With one, an empty command is the image’s own; for a private one keep a login with spillway registry login."
        error={error('image')}
        {...register('image')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <CountAndPrice {...props} />
        <ModeFields {...props} />
        <InputField
          label="Name"
          placeholder="for people"
          error={error('name')}
          {...register('name')}
        />
        <InputField
          label="Time limit"
          inputMode="decimal"
          placeholder="none"
          unit="hours"
          help="It is stopped after this long."
          error={error('timeLimitHours')}
          {...register('timeLimitHours')}
        />
      </div>
      <AdvancedFields {...props} />
    </div>
  )
}

function CountAndPrice({ form, draft, pools, pool }: LeaseFieldsProps): ReactElement {
  const { register, formState } = form
  const error = (field: keyof LeaseDraft): string | undefined => formState.errors[field]?.message
  return (
    <>
      <InputField
        label={pool?.acceleratorKind === 'cpu' ? 'CPU slots' : 'GPUs'}
        isMono
        placeholder="8, or H100:8"
        help={
          <>
            In all; H100:8 asks for a kind.
            {pool && ` ${plural(pool.slotsFree, 'slot')} free in ${pool.name} now.`}
          </>
        }
        error={error('gpus')}
        {...register('gpus')}
      />
      {draft.kind === 'anchor' ? (
        <div />
      ) : (
        <InputField
          label="Maximum price"
          inputMode="decimal"
          placeholder={pool?.priceUsdPerGpuHour[draft.kind]}
          unit="$ / GPU-h"
          help="Empty: the pool’s price now."
          error={error('maxPrice')}
          {...register('maxPrice')}
        />
      )}
      {pools.length > 1 && (
        <SelectField label="Pool" error={error('pool')} {...register('pool')}>
          <option value="">the first with room</option>
          {pools.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}: {each.accelerator}, {each.slotsFree} free
            </option>
          ))}
        </SelectField>
      )}
    </>
  )
}

/** What only a service has, or only a terminal. */
function ModeFields({ form, draft }: LeaseFieldsProps): ReactElement | null {
  const { register, formState } = form
  const error = (field: keyof LeaseDraft): string | undefined => formState.errors[field]?.message
  if (draft.mode === 'job') return null
  if (draft.mode === 'interactive')
    return (
      <InputField
        label="Idle limit"
        inputMode="decimal"
        placeholder="1"
        unit="hours"
        help="It ends after so long with nobody attached and no output."
        error={error('idleLimitHours')}
        {...register('idleLimitHours')}
      />
    )
  return (
    <>
      <InputField
        label="Port"
        inputMode="numeric"
        placeholder="one is picked"
        help="Where it listens, as $SPILLWAY_PORT."
        error={error('port')}
        {...register('port')}
      />
      <InputField
        label="Health path"
        isMono
        placeholder="/"
        help="Empty: an open port is healthy."
        error={error('healthPath')}
        {...register('healthPath')}
      />
    </>
  )
}
