/** What the operator can do with a node. Each asks first, says why, and shows what will happen. */
import { API, type NodeDetail } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import type { JsonName } from '../../../api/client.ts'
import { useCommand } from '../../../api/commands.ts'
import { explain } from '../../../api/explain.ts'
import { Button, type ButtonLook } from '../../../ui/button.tsx'
import { CheckField, InputField } from '../../../ui/field.tsx'
import { FormDialog } from '../../../ui/form-dialog.tsx'
import { requestResolver } from '../../../ui/form-resolver.ts'
import { plural } from '../../../ui/format/numbers.ts'
import { toast } from '../../../ui/toast.tsx'
import { DrainPlan } from './drain-plan.tsx'

type Action = 'drain' | 'resume' | 'quarantine' | 'retire'

const CHANGES: readonly JsonName[] = ['getNode', 'getFleet', 'getFleetMap', 'listPools']

interface ActionLook {
  readonly button: string
  readonly title: (node: NodeDetail) => string
  readonly done: string
  readonly look: ButtonLook
}

const ACTIONS: Record<Action, ActionLook> = {
  drain: {
    button: 'Drain',
    title: (node) => `Keep new work off ${node.name}?`,
    done: 'The node takes no new work',
    look: 'plain',
  },
  resume: {
    button: 'Resume',
    title: (node) => `Let ${node.name} take work again?`,
    done: 'The node takes work again',
    look: 'primary',
  },
  quarantine: {
    button: 'Quarantine',
    title: (node) => `Mark ${node.name} as broken?`,
    done: 'The node is marked as broken',
    look: 'plain',
  },
  retire: {
    button: 'Retire',
    title: (node) => `Take ${node.name} out of the fleet for good?`,
    done: 'The node left the fleet',
    look: 'danger',
  },
}

function actionsFor(node: NodeDetail): readonly Action[] {
  if (node.state === 'ready') return ['drain', 'quarantine', 'retire']
  return node.state === 'draining'
    ? ['resume', 'drain', 'quarantine', 'retire']
    : ['resume', 'drain', 'retire']
}

export function NodeActions({ node }: { node: NodeDetail }): ReactElement {
  const [action, setAction] = useState<Action | null>(null)
  return (
    <>
      {actionsFor(node).map((each) => (
        <Button key={each} look={ACTIONS[each].look} onClick={() => setAction(each)}>
          {ACTIONS[each].button}
        </Button>
      ))}
      {action !== null && (
        <ActionDialog node={node} action={action} onClose={() => setAction(null)} />
      )}
    </>
  )
}

interface Values {
  reason: string
  evacuate: boolean
}

const resolvers = {
  drain: requestResolver<Values, Values>({ toRequest: (v) => v, schema: API.drainNode.body }),
  resume: requestResolver<Values, { reason?: string }>({
    toRequest: ({ reason }) => (reason.trim() === '' ? {} : { reason }),
    schema: API.resumeNode.body,
  }),
  quarantine: requestResolver<Values, { reason: string }>({
    toRequest: ({ reason }) => ({ reason }),
    schema: API.quarantineNode.body,
  }),
  retire: requestResolver<Values, { reason: string }>({
    toRequest: ({ reason }) => ({ reason }),
    schema: API.retireNode.body,
  }),
}

interface ActionDialogProps {
  readonly node: NodeDetail
  readonly action: Action
  readonly onClose: () => void
}

function useNodeCommands(action: Action, onClose: () => void) {
  const options = {
    changes: CHANGES,
    onSuccess: () => {
      toast(ACTIONS[action].done)
      onClose()
    },
  }
  return {
    drain: useCommand('drainNode', options),
    resume: useCommand('resumeNode', options),
    quarantine: useCommand('quarantineNode', options),
    retire: useCommand('retireNode', options),
  }
}

function ActionDialog({ node, action, onClose }: ActionDialogProps): ReactElement {
  const form = useForm<Values>({
    resolver: resolvers[action],
    defaultValues: { reason: '', evacuate: false },
  })
  const commands = useNodeCommands(action, onClose)
  const evacuate = useWatch({ control: form.control, name: 'evacuate' })
  const { isPending, error } = commands[action]
  const submit = form.handleSubmit(({ reason, evacuate: isEvacuating }) => {
    const params = { id: node.id }
    if (action === 'drain')
      commands.drain.mutate({ params, body: { reason, evacuate: isEvacuating } })
    else if (action === 'resume')
      commands.resume.mutate({ params, body: reason.trim() === '' ? {} : { reason } })
    else commands[action].mutate({ params, body: { reason } })
  })
  return (
    <FormDialog
      title={ACTIONS[action].title(node)}
      action={`${ACTIONS[action].button} the node`}
      look={action === 'retire' ? 'danger' : 'primary'}
      width={560}
      isBusy={isPending}
      problem={error && explain(error)}
      onSubmit={submit}
      onClose={onClose}
    >
      <InputField
        label={action === 'resume' ? 'Reason (optional)' : 'Reason'}
        autoFocus
        placeholder="for whoever looks next"
        error={form.formState.errors.reason?.message}
        {...form.register('reason')}
      />
      {action === 'drain' && (
        <CheckField
          label="Take back what runs there"
          help="Each lease gets its own notice. The operator’s own work goes on."
          {...form.register('evacuate')}
        />
      )}
      <Plan node={node} action={action} isEvacuating={evacuate} />
    </FormDialog>
  )
}

interface PlanProps {
  readonly node: NodeDetail
  readonly action: Action
  readonly isEvacuating: boolean
}

/** What will happen, before it does. */
function Plan({ node, action, isEvacuating }: PlanProps): ReactElement {
  const leases = plural(node.leases.length, 'lease')
  if (action === 'drain') return <DrainPlan node={node} isEvacuating={isEvacuating} />
  if (action === 'resume')
    return <p className="text-muted">Free slots without a fault can be sold again at once.</p>
  if (action === 'retire')
    return (
      <p className="text-muted">
        {node.leases.length === 0
          ? 'Nothing runs there. Its record and its history stay.'
          : `${leases} have slots there: the node must be empty first. Drain it with taking back.`}
      </p>
    )
  return (
    <p className="text-muted">
      Nothing more is sold there until the node is resumed.{' '}
      {node.leases.length > 0 && `${leases} that run there go on.`}
    </p>
  )
}
