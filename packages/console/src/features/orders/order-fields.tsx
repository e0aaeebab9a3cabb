/** The fields of the order form: what to run, on how many GPUs, at which limit, and until when. */
import { GuaranteeHours, type Pool } from '@spillway/contract'
import type { ReactElement } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { InputField, SelectField, TextField } from '../../ui/field.tsx'
import { formatMoney } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { AdvancedFields } from '../leases/advanced-fields.tsx'
import type { LeaseDraft } from '../leases/lease-draft.ts'
import type { OrderDraft } from './order-draft.ts'

export interface OrderFieldsProps {
  readonly form: UseFormReturn<OrderDraft>
  readonly draft: OrderDraft
  readonly pools: readonly Pool[]
  readonly pool: Pool | undefined
  /** Of the pool's next window; undefined while it is not known. */
  readonly reserveUsd: string | undefined
}

export function OrderFields(props: OrderFieldsProps): ReactElement {
  const { form, draft, pools, pool } = props
  const { register, formState } = form
  const error = (field: keyof OrderDraft): string | undefined => formState.errors[field]?.message
  return (
    <div className="flex flex-col gap-4">
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
        <SizeAndLimit {...props} />
        <SelectField
          label="Guarantee"
          help="Once it runs, it is not taken back before; at a higher reserve."
          error={error('guarantee')}
          {...register('guarantee')}
        >
          <option value="">none: the owner may have it back any time</option>
          {GuaranteeHours.values
            .values()
            .toArray()
            .map((hours) => (
              <option key={hours} value={String(hours)}>
                for {plural(hours, 'hour')}
              </option>
            ))}
        </SelectField>
        <InputField
          label="Stands for"
          inputMode="decimal"
          placeholder="24"
          unit="hours"
          help="It takes part in every window until then; 30 days at most."
          error={error('standsHours')}
          {...register('standsHours')}
        />
        <InputField
          label="Time limit"
          inputMode="decimal"
          placeholder="none"
          unit="hours"
          help="Once it runs, it is stopped after this long."
          error={error('timeLimitHours')}
          {...register('timeLimitHours')}
        />
        <InputField
          label="Name"
          placeholder="for people"
          error={error('name')}
          {...register('name')}
        />
      </div>
      <AdvancedFields
        // An order has every field of a lease, by the same name.
        form={form as unknown as UseFormReturn<LeaseDraft>}
        draft={draft}
        pools={pools}
        pool={pool}
        canRunAnchor={false}
      />
    </div>
  )
}

function SizeAndLimit({ form, pools, pool, reserveUsd }: OrderFieldsProps): ReactElement {
  const { register, formState } = form
  const error = (field: keyof OrderDraft): string | undefined => formState.errors[field]?.message
  return (
    <>
      <InputField
        label={pool?.acceleratorKind === 'cpu' ? 'CPU slots' : 'GPUs'}
        isMono
        placeholder="8, or H100:8"
        help={
          <>
            In all, and all or nothing.
            {pool && ` ${plural(pool.slotsFree, 'slot')} free in ${pool.name} now.`}
          </>
        }
        error={error('gpus')}
        {...register('gpus')}
      />
      <InputField
        label="Limit"
        inputMode="decimal"
        placeholder={pool?.priceUsdPerGpuHour.spot}
        unit="$ / GPU-h"
        help={
          reserveUsd === undefined
            ? 'The most to pay; never less than the reserve.'
            : `The most to pay; the reserve is ${formatMoney(reserveUsd)} now.`
        }
        error={error('maxPrice')}
        {...register('maxPrice')}
      />
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
