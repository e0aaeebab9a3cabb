/** Changes a route: judged by the contract, tried on the requests of the last day, and only then set. */
import { type Route, RouteDocument } from '@spillway/contract'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { SimulatedRoute } from './route-simulation.tsx'

const EXAMPLE = {
  groups: [{ name: 'ours', objective: 'least_busy', targets: [{ kind: 'replicas' }] }],
}

type Judged =
  | { readonly document: RouteDocument; readonly fault?: never }
  | { readonly fault: string }

function judge(text: string): Judged {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { fault: `It is not JSON: ${String(error)}` }
  }
  const parsed = RouteDocument.safeParse(json)
  if (parsed.success) return { document: parsed.data }
  const [first] = parsed.error.issues
  return { fault: `${first?.path.join('.') ?? ''}: ${first?.message ?? 'it is not understood'}` }
}

export function EditRoute({
  route: { model, version, document },
  onClose,
}: {
  readonly route: Route
  readonly onClose: () => void
}): ReactElement {
  const [text, setText] = useState(() => JSON.stringify(document ?? EXAMPLE, null, 2))
  const [fault, setFault] = useState<string | undefined>(undefined)
  const set = useCommand('setRoute', {
    changes: ['getRoute', 'listRoutes', 'listRouteVersions'],
    onSuccess: (answer) => {
      toast(`Version ${answer.version} of the route is in force`)
      onClose()
    },
  })
  const simulate = useCommand('simulateRoute', {
    changes: [],
    onSuccess: (_, input) => setTried(input.body.document),
  })
  const [tried, setTried] = useState<unknown>(null)
  const isTried = tried !== null && simulate.data !== undefined
  const change = (value: string): void => {
    setText(value)
    setTried(null)
  }
  const submit = (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const judged = judge(text)
    setFault(judged.fault)
    if (judged.fault !== undefined) return Promise.resolve()
    const { document: next } = judged
    if (isTried) set.mutate({ params: { model }, body: { document: next, replaces: version } })
    else simulate.mutate({ params: { model }, body: { document: next } })
    return Promise.resolve()
  }
  const problem = set.error ?? simulate.error
  return (
    <FormDialog
      title={`Route of ${model}`}
      action={isTried ? 'Set the route' : 'Try it on the last day'}
      width={640}
      isBusy={set.isPending || simulate.isPending}
      problem={problem && explain(problem)}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Document"
        isMono
        rows={18}
        help="Groups in order, constraints, tries and time limits. Gateways follow at once."
        error={fault}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
      {isTried && <SimulatedRoute simulation={simulate.data} />}
    </FormDialog>
  )
}
