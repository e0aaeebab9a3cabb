/** The form that makes a plan: a pool, variants side by side, and the same as CLI and as curl. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, Segmented } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { plural } from '../../ui/format/numbers.ts'
import { BlockSkeleton, Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { renderPost } from '../leases/lease-same.ts'
import {
  EMPTY_PLAN,
  type PlanDraft,
  renderPlanCli,
  renderScenario,
  toScenario,
} from './plan-draft.ts'
import { VariantGrid } from './variant-grid.tsx'

const route = getRouteApi('/app/plan/new')

export function NewPlanPage(): ReactElement {
  const pools = useQuery(apiQuery('listPools'))
  return (
    <>
      <PageHead
        back={
          <Link to="/plan" className="text-muted hover:text-accent">
            Plan
          </Link>
        }
        title="New plan"
        line="Simulates the pool on a virtual clock with the functions of the running market, once for each variant and seed."
      />
      <Answered query={pools} skeleton={<BlockSkeleton height={420} />}>
        {({ items }) => {
          const [first] = items
          return first ? (
            <NewPlan pools={items} first={first} />
          ) : (
            <Empty>There is no pool to plan with yet.</Empty>
          )
        }}
      </Answered>
    </>
  )
}

type Reading =
  | { readonly kind: 'scenario'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string }

function read(draft: PlanDraft, pool: Pool): Reading {
  try {
    return { kind: 'scenario', text: renderScenario(toScenario(draft, pool)) }
  } catch (error) {
    if (!(error instanceof FormRefusal)) throw error
    return { kind: 'refused', message: error.message }
  }
}

function NewPlan({ pools, first }: { pools: readonly Pool[]; first: Pool }): ReactElement {
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<PlanDraft>({ ...EMPTY_PLAN, name: `${first.name}, what if` })
  const [isAsked, setIsAsked] = useState(false)
  const pool = pools.find(({ name }) => name === draft.pool) ?? first
  const reading = read(draft, pool)
  const create = useCommand('createSimulation', {
    changes: ['listSimulations'],
    onSuccess: ({ id }) => {
      toast('The simulation waits for its turn')
      void navigate({ to: '/plan/$simulationId', params: { simulationId: id } })
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setIsAsked(true)
    if (reading.kind === 'scenario') create.mutate({ body: { scenario: reading.text } })
  }
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-6">
      <BasicFields draft={draft} pools={pools} onChange={setDraft} />
      <VariantGrid draft={draft} pool={pool} onChange={setDraft} />
      <div className="max-w-[720px]">
        <Same reading={reading} />
        {isAsked && reading.kind === 'refused' && (
          <p role="alert" className="mt-3 text-bad">
            {reading.message}
          </p>
        )}
        {create.error && (
          <div className="mt-3">
            <ProblemPanel explanation={explain(create.error)} />
          </div>
        )}
        <Button look="primary" type="submit" isBusy={create.isPending} className="mt-4">
          Simulate {plural(draft.variants.length + 1, 'variant')}
        </Button>
      </div>
    </form>
  )
}

interface BasicFieldsProps {
  readonly draft: PlanDraft
  readonly pools: readonly Pool[]
  readonly onChange: (draft: PlanDraft) => void
}

function BasicFields({ draft, pools, onChange }: BasicFieldsProps): ReactElement {
  return (
    <div className="grid max-w-[960px] gap-4 sm:grid-cols-2 lg:grid-cols-4">
      <InputField
        label="Name"
        value={draft.name}
        onChange={(event) => onChange({ ...draft, name: event.target.value })}
      />
      <SelectField
        label="Pool"
        value={draft.pool}
        help="Its nodes, prices and costs are the base."
        onChange={(event) => onChange({ ...draft, pool: event.target.value })}
      >
        {pools.map(({ name, accelerator }, at) => (
          <option key={name} value={at === 0 ? '' : name}>
            {name}: {accelerator}
          </option>
        ))}
      </SelectField>
      <InputField
        label="Horizon"
        inputMode="numeric"
        unit="days"
        value={draft.horizonDays}
        onChange={(event) => onChange({ ...draft, horizonDays: event.target.value })}
      />
      <InputField
        label="Seeds"
        inputMode="numeric"
        help="Random months; more make narrower intervals."
        value={draft.seeds}
        onChange={(event) => onChange({ ...draft, seeds: event.target.value })}
      />
    </div>
  )
}

function Same({ reading }: { reading: Reading }): ReactElement {
  const [dialect, setDialect] = useState<'cli' | 'curl'>('cli')
  const text = reading.kind === 'scenario' ? reading.text : '{}'
  return (
    <section aria-label="The same as">
      <div className="mb-2 flex items-center justify-between">
        <h2 className="font-medium">The same as</h2>
        <Segmented
          label="Dialect"
          value={dialect}
          onChange={setDialect}
          choices={[
            { value: 'cli', label: 'CLI' },
            { value: 'curl', label: 'curl' },
          ]}
        />
      </div>
      <Code
        label={dialect === 'cli' ? 'the command line' : 'the curl command'}
        text={
          dialect === 'cli'
            ? renderPlanCli(text)
            : renderPost(`${location.origin}/api/v1/simulations`, () => ({ scenario: text }))
        }
      />
    </section>
  )
}
