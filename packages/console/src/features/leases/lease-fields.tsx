/** The fields of the lease form, the ones everybody needs first. */
import { NoticeSignal, type Pool } from '@spillway/contract'
import type { ReactElement } from 'react'
import { useController, type UseFormReturn } from 'react-hook-form'
import { kindLook } from '../../ui/claim-kind.ts'
import { InputField, SelectField, TextField } from '../../ui/field.tsx'
import { formatMoney } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { KindSwatch } from '../../ui/state-word.tsx'
import type { DraftKind, LeaseDraft } from './lease-draft.ts'

interface LeaseFieldsProps {
  readonly form: UseFormReturn<LeaseDraft>
  readonly pools: readonly Pool[]
  readonly pool: Pool | undefined
  readonly canRunAnchor: boolean
}

const SOLD: readonly DraftKind[] = ['on_demand', 'spot', 'flex']

export function LeaseFields({ form, pools, pool, canRunAnchor }: LeaseFieldsProps): ReactElement {
  const { register, formState } = form
  const error = (field: keyof LeaseDraft): string | undefined => formState.errors[field]?.message
  const kind = useController({ control: form.control, name: 'kind' }).field
  const isAnchor = kind.value === 'anchor'
  const unit = pool?.acceleratorKind === 'cpu' ? 'CPU slots' : 'GPUs'
  return (
    <div className="flex flex-col gap-4">
      <TierChoice
        kinds={canRunAnchor ? [...SOLD, 'anchor'] : SOLD}
        value={kind.value}
        pool={pool}
        onChange={kind.onChange}
      />
      <TextField
        label="Command"
        isMono
        rows={2}
        placeholder="python3 train.py --epochs 3"
        help="Words as in a shell, with quotes; no shell is started, so for pipes write sh -c '…'."
        error={error('command')}
        {...register('command')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField
          label={unit}
          type="number"
          min={1}
          max={pool?.slotsPerNodeMax}
          unit={pool ? `of ${pool.slotsPerNodeMax}` : ''}
          help={pool ? `All on one node; ${plural(pool.slotsFree, 'slot')} free now.` : undefined}
          error={error('gpus')}
          {...register('gpus')}
        />
        {isAnchor ? (
          <div />
        ) : (
          <InputField
            label="Maximum price"
            inputMode="decimal"
            placeholder={pool?.priceUsdPerGpuHour[kind.value as 'spot']}
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
      {!isAnchor && (
        <SelectField
          label="Start again"
          help="It waits for room and starts anew; after failures later each time, three times at most."
          error={error('requeue')}
          {...register('requeue')}
        >
          <option value="never">never</option>
          <option value="on_reclaim">after a reclaim</option>
          <option value="on_failure">after a reclaim or a failure</option>
        </SelectField>
      )}
      <AdvancedFields form={form} isAnchor={isAnchor} />
    </div>
  )
}

/** What most people leave as it is. It opens by itself where something in it is wrong. */
function AdvancedFields({
  form,
  isAnchor,
}: {
  form: UseFormReturn<LeaseDraft>
  isAnchor: boolean
}): ReactElement {
  const { register, formState } = form
  const error = (field: keyof LeaseDraft): string | undefined => formState.errors[field]?.message
  return (
    <details className="border-t border-line pt-3" open={hasAdvancedError(form)}>
      <summary className="font-medium">Notice, grace, environment</summary>
      <div className="mt-3 flex flex-col gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          {!isAnchor && (
            <SelectField
              label="Notice signal"
              help="Sent when a reclaim is announced."
              error={error('noticeSignal')}
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
            error={error('graceSeconds')}
            {...register('graceSeconds')}
          />
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <InputField
            label="Port"
            inputMode="numeric"
            placeholder="none: a job"
            help="Makes it a service, reached through the API; 0 picks one, as $SPILLWAY_PORT."
            error={error('port')}
            {...register('port')}
          />
          <InputField
            label="Health path"
            isMono
            placeholder="an open port is healthy"
            error={error('healthPath')}
            {...register('healthPath')}
          />
        </div>
        <TextField
          label="Secrets"
          isMono
          rows={2}
          placeholder={'NAME=value'}
          help="One variable a line; written, and never shown again."
          error={error('secrets')}
          {...register('secrets')}
        />
        <InputField
          label="Working directory"
          isMono
          placeholder="the server’s choice"
          error={error('workingDirectory')}
          {...register('workingDirectory')}
        />
        <TextField
          label="Environment"
          isMono
          rows={3}
          placeholder={'NAME=value'}
          help="One variable a line."
          error={error('environment')}
          {...register('environment')}
        />
      </div>
    </details>
  )
}

function hasAdvancedError(form: UseFormReturn<LeaseDraft>): boolean {
  const { errors } = form.formState
  return Boolean(
    errors.environment ??
    errors.secrets ??
    errors.port ??
    errors.healthPath ??
    errors.graceSeconds ??
    errors.workingDirectory ??
    errors.noticeSignal,
  )
}

interface TierChoiceProps {
  readonly kinds: readonly DraftKind[]
  readonly value: DraftKind
  readonly pool: Pool | undefined
  readonly onChange: (kind: DraftKind) => void
}

function tierNote(kind: DraftKind, pool: Pool | undefined): string {
  if (kind === 'anchor') return 'Outranks what is sold'
  const noticeMs = pool?.noticeMs[kind] ?? 0
  return noticeMs === 0
    ? 'No notice before a reclaim'
    : `${formatDuration(noticeMs)} notice before a reclaim`
}

/** Tiers from firm to loose, each with its price and what it means when the owner needs the room. */
function TierChoice({ kinds, value, pool, onChange }: TierChoiceProps): ReactElement {
  return (
    <fieldset className="@container">
      <legend className="mb-1 font-medium">Tier</legend>
      <div className="grid grid-cols-2 gap-2 @min-[560px]:auto-cols-fr @min-[560px]:grid-flow-col @min-[560px]:grid-cols-none">
        {kinds.map((kind) => (
          <label
            key={kind}
            className={`cursor-pointer rounded-base border p-2.5 has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent ${
              value === kind
                ? 'border-accent bg-accent-soft'
                : 'border-line-strong hover:bg-surface'
            }`}
          >
            <input
              type="radio"
              name="kind"
              value={kind}
              checked={value === kind}
              onChange={() => onChange(kind)}
              className="sr-only"
            />
            <span className="flex items-center gap-1.5 font-medium">
              <KindSwatch kind={kind} />
              {kindLook(kind).word}
            </span>
            <span className="num mt-1 block text-15">
              {kind === 'anchor'
                ? 'not charged'
                : pool
                  ? `${formatMoney(pool.priceUsdPerGpuHour[kind])}/h`
                  : '—'}
            </span>
            <span className="mt-0.5 block text-12 text-muted">{tierNote(kind, pool)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
