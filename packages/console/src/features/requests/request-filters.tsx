/** What of the log is shown: the filters, kept in the address. */
import { type RequestFilters, RequestOutcome } from '@spillway/contract'
import type { ReactElement } from 'react'
import { FilterSelect } from '../../ui/field.tsx'

/** As the address has them. */
export interface RequestSearch {
  readonly model?: string | undefined
  readonly user?: string | undefined
  readonly key?: string | undefined
  readonly status?: string | undefined
  readonly outcome?: RequestOutcome | undefined
  readonly slow?: string | undefined
  readonly costly?: string | undefined
}

const STATUSES = ['2xx', '4xx', '429', '5xx'] as const
const SLOW = [
  ['1000', '1 s or more'],
  ['5000', '5 s or more'],
  ['30000', '30 s or more'],
] as const
const COSTLY = [
  ['0.001', '0.001 USD or more'],
  ['0.01', '0.01 USD or more'],
  ['0.1', '0.10 USD or more'],
  ['1', '1 USD or more'],
] as const

/** What the server is asked; what makes no sense in an address is not asked for. */
export function toFilters(search: RequestSearch): RequestFilters {
  const { model, user, key, status, outcome, slow, costly } = search
  const slowerThanMs = Number(slow)
  return {
    ...(model ? { model } : {}),
    ...(user ? { endUser: user } : {}),
    ...(key ? { apiKeyId: key } : {}),
    ...(status && /^[2-5](\d\d|xx)$/.test(status) ? { status } : {}),
    ...(outcome ? { outcome } : {}),
    ...(slow && Number.isInteger(slowerThanMs) ? { slowerThanMs } : {}),
    ...(costly && /^\d{1,14}(\.\d{1,12})?$/.test(costly) ? { costAtLeastUsd: costly } : {}),
  }
}

interface FiltersProps {
  readonly search: RequestSearch
  readonly models: readonly string[]
  readonly keys: readonly { readonly id: string; readonly name: string }[]
  readonly onChange: (part: Partial<RequestSearch>) => void
}

export function Filters({ search, models, keys, onChange }: FiltersProps): ReactElement {
  const pick = (name: keyof RequestSearch) => (value: string) =>
    onChange({ [name]: value === '' ? undefined : value })
  return (
    <>
      <FilterSelect
        label="Model"
        value={search.model ?? ''}
        onPick={pick('model')}
        options={models.map((each) => [each, each] as const)}
      />
      <FilterSelect
        label="Outcome"
        value={search.outcome ?? ''}
        onPick={pick('outcome')}
        options={RequestOutcome.options.map((each) => [each, each] as const)}
      />
      <FilterSelect
        label="Status"
        value={search.status ?? ''}
        onPick={pick('status')}
        options={STATUSES.map((each) => [each, each] as const)}
      />
      <FilterSelect
        label="Key"
        value={search.key ?? ''}
        onPick={pick('key')}
        options={keys.map(({ id, name }) => [id, name] as const)}
      />
      <FilterSelect label="Slow" value={search.slow ?? ''} onPick={pick('slow')} options={SLOW} />
      <FilterSelect
        label="Costly"
        value={search.costly ?? ''}
        onPick={pick('costly')}
        options={COSTLY}
      />
    </>
  )
}
