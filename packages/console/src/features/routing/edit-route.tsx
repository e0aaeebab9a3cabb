/** Changes a route: the document as text, judged by the contract before it is sent. */
import { type Route, RouteDocument } from '@spillway/contract'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { toast } from '../../ui/toast.tsx'

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
  const submit = (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const judged = judge(text)
    setFault(judged.fault)
    if (judged.fault === undefined)
      set.mutate({ params: { model }, body: { document: judged.document, replaces: version } })
    return Promise.resolve()
  }
  return (
    <FormDialog
      title={`Route of ${model}`}
      action="Set the route"
      width={640}
      isBusy={set.isPending}
      problem={set.error && explain(set.error)}
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
        onChange={(event) => setText(event.target.value)}
      />
    </FormDialog>
  )
}
