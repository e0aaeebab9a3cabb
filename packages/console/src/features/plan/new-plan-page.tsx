/** The form that makes a plan: a pool, variants side by side, and the same as CLI and as curl. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type FormEvent, type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain, fieldMessages } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button, Segmented } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { CheckField, InputField } from '../../ui/field.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { BlockSkeleton, Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { renderPost } from '../leases/lease-same.ts'
import {
  EMPTY_PLAN,
  errorsOfServer,
  type PlanDraft,
  type PlanErrors,
  readPlan,
  renderPlanCli,
  renderScenario,
} from './plan-draft.ts'
import { PlanFiles, type PlanTexts } from './plan-files.tsx'
import { VariantGrid } from './variant-grid.tsx'

const route = getRouteApi('/app/plan/new')

/** At least one. */
type Pools = readonly [Pool, ...Pool[]]

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
        {({ items: [first, ...others] }) =>
          first ? (
            <NewPlan pools={[first, ...others]} />
          ) : (
            <Empty>There is no pool to plan with yet.</Empty>
          )
        }
      </Answered>
    </>
  )
}

/** Of the pools that were chosen, in the order of the fleet; the first where none is. */
function chosenPools(draft: PlanDraft, pools: Pools): Pools {
  const [first, ...others] = pools.filter(({ name }) => draft.pools.includes(name))
  return first ? [first, ...others] : [pools[0]]
}

const NO_ERRORS: PlanErrors = new Map()

function NewPlan({ pools }: { readonly pools: Pools }): ReactElement {
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<PlanDraft>({
    ...EMPTY_PLAN,
    name: `${pools[0].name}, what if`,
  })
  const [texts, setTexts] = useState<PlanTexts>({})
  const [isAsked, setIsAsked] = useState(false)
  const chosen = chosenPools(draft, pools)
  const { scenario, errors } = readPlan(draft, chosen)
  const text = renderScenario(scenario)
  const create = useCommand('createSimulation', {
    changes: ['listSimulations'],
    onSuccess: ({ id }) => {
      toast('The simulation waits for its turn')
      void navigate({ to: '/plan/$simulationId', params: { simulationId: id } })
    },
  })
  const refused = create.error ? errorsOfServer(fieldMessages(create.error)) : NO_ERRORS
  const shown = isAsked && errors.size > 0 ? errors : refused
  const change = (next: PlanDraft): void => {
    setDraft(next)
    // What the server said was of the plan before.
    create.reset()
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setIsAsked(true)
    if (errors.size === 0) create.mutate({ body: { scenario: text, ...texts } })
  }
  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-6">
      <BasicFields draft={draft} pools={pools} chosen={chosen} errors={shown} onChange={change} />
      <PlanFiles
        draft={draft}
        texts={texts}
        errors={shown}
        onChange={(next, read) => {
          setTexts(read)
          change(next)
        }}
      />
      <VariantGrid
        draft={draft}
        pool={draft.fleet === null ? chosen[0] : null}
        errors={shown}
        onChange={change}
      />
      <div className="max-w-[720px]">
        <Same text={text} draft={draft} />
        {isAsked && errors.size > 0 && (
          <p role="alert" className="mt-3 text-bad">
            {plural(errors.size, 'value')} cannot be simulated; each says why at its field.
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
  readonly pools: Pools
  readonly chosen: Pools
  readonly errors: PlanErrors
  readonly onChange: (draft: PlanDraft) => void
}

function BasicFields({ draft, pools, chosen, errors, onChange }: BasicFieldsProps): ReactElement {
  return (
    <div className="grid max-w-[960px] items-start gap-4 sm:grid-cols-2 lg:grid-cols-4">
      <InputField
        label="Name"
        value={draft.name}
        error={errors.get('name')}
        onChange={(event) => onChange({ ...draft, name: event.target.value })}
      />
      {draft.fleet === null && (
        <PoolFields
          pools={pools}
          chosen={chosen}
          error={errors.get('pools') ?? errors.get('pool')}
          onChange={(names) => onChange({ ...draft, pools: names })}
        />
      )}
      <InputField
        label="Horizon"
        inputMode="numeric"
        unit="days"
        value={draft.horizonDays}
        error={errors.get('horizonDays')}
        onChange={(event) => onChange({ ...draft, horizonDays: event.target.value })}
      />
      <InputField
        label="Seeds"
        inputMode="numeric"
        help="Random months; more make narrower intervals."
        value={draft.seeds}
        error={errors.get('seeds')}
        onChange={(event) => onChange({ ...draft, seeds: event.target.value })}
      />
    </div>
  )
}

interface PoolFieldsProps {
  readonly pools: Pools
  readonly chosen: Pools
  readonly error: string | undefined
  readonly onChange: (names: readonly string[]) => void
}

/** At least one stays chosen. */
function PoolFields({ pools, chosen, error, onChange }: PoolFieldsProps): ReactElement {
  const names = chosen.map(({ name }) => name)
  return (
    <fieldset>
      <legend className="mb-1 font-medium">Pools</legend>
      {pools.map(({ name, accelerator }) => (
        <CheckField
          key={name}
          label={name}
          help={accelerator}
          checked={names.includes(name)}
          disabled={names.length === 1 && names[0] === name}
          onChange={(event) =>
            onChange(
              event.target.checked ? [...names, name] : names.filter((each) => each !== name),
            )
          }
        />
      ))}
      <p className={`mt-1 text-12 ${error ? 'text-bad' : 'text-muted'}`}>
        {error ?? 'Their nodes, prices and costs are the base.'}
      </p>
    </fieldset>
  )
}

interface SameProps {
  readonly text: string
  readonly draft: PlanDraft
}

function Same({ text, draft: { fleet, trace } }: SameProps): ReactElement {
  const [dialect, setDialect] = useState<'cli' | 'curl'>('cli')
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
            : renderPost(`${location.origin}/api/v1/simulations`, () => ({
                scenario: text,
                ...(fleet === null ? {} : { fleet: `the text of ${fleet}` }),
                ...(trace === null ? {} : { trace: `${trace}, gzipped and in base64` }),
              }))
        }
      />
    </section>
  )
}
