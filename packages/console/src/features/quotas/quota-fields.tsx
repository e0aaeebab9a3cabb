/** The fields that say what a quota is for and how large it is. */
import { Tier } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { FieldErrors, UseFormRegisterReturn } from 'react-hook-form'
import { apiQuery } from '../../api/queries.ts'
import { kindLook } from '../../ui/claim-kind.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import type { QuotaDraft } from './quota-draft.ts'

interface QuotaFieldsProps {
  readonly register: (name: keyof QuotaDraft) => UseFormRegisterReturn
  readonly errors: FieldErrors<QuotaDraft>
  readonly gpusLabel: string
}

export function QuotaFields({ register, errors, gpusLabel }: QuotaFieldsProps): ReactElement {
  const items = useQuery(apiQuery('listPools')).data?.items ?? []
  return (
    <>
      <InputField
        label={gpusLabel}
        autoFocus
        inputMode="numeric"
        unit="at once"
        error={errors.gpus?.message}
        {...register('gpus')}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          label="Pool or accelerator"
          error={errors.where?.message}
          {...register('where')}
        >
          <option value="">All pools together</option>
          <optgroup label="Pools">
            {items.map(({ name }) => (
              <option key={name} value={`pool:${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label="Accelerators">
            {[...new Set(items.map(({ accelerator }) => accelerator))].map((accelerator) => (
              <option key={accelerator} value={`accelerator:${accelerator}`}>
                {accelerator}
              </option>
            ))}
          </optgroup>
        </SelectField>
        <SelectField label="Tier" error={errors.tier?.message} {...register('tier')}>
          <option value="">All tiers together</option>
          {Tier.options.map((tier) => (
            <option key={tier} value={tier}>
              {kindLook(tier).word}
            </option>
          ))}
        </SelectField>
      </div>
    </>
  )
}
