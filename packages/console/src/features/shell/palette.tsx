/** Jump to any page, lease, model or action by typing a part of its name. */
import type { Lease, Model } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import {
  type KeyboardEvent,
  type ReactElement,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { apiQuery } from '../../api/queries.ts'
import { shortenId } from '../../ui/copy.tsx'
import { Icon, type IconName } from '../../ui/icons.tsx'
import { toggleTheme } from '../../ui/theme.ts'
import { leaseName } from '../leases/lease-name.ts'
import { signOut, useSession } from '../session/session.ts'
import { OPERATOR_PLACES, type Place, PLACES, placesFor } from './places.ts'
import { rankTargets } from './rank-targets.ts'

interface Target {
  readonly id: string
  readonly name: string
  /** Also found by this, and shown beside it. */
  readonly hint: string
  readonly icon: IconName
  readonly go: () => void
}

const SHOWN_MAX = 12

interface Ways {
  readonly router: ReturnType<typeof useRouter>
}

function leaseTarget(lease: Lease, { router }: Ways): Target {
  return {
    id: lease.id,
    name: leaseName(lease),
    hint: `${lease.state} lease ${shortenId(lease.id)}`,
    icon: 'lease',
    go: () => void router.navigate({ to: '/leases/$leaseId', params: { leaseId: lease.id } }),
  }
}

function modelTarget(model: Model, { router }: Ways): Target {
  return {
    id: `model ${model.id}`,
    name: model.displayName,
    hint: `model ${model.id}`,
    icon: 'model',
    go: () => void router.navigate({ to: '/models/$modelId', params: { modelId: model.id } }),
  }
}

function placeTarget(place: Place, { router }: Ways): Target {
  return {
    id: place.to,
    name: place.word,
    hint: 'page',
    icon: place.icon,
    go: () => void router.navigate({ to: place.to }),
  }
}

function actionTargets({ router }: Ways): readonly Target[] {
  const create = (): void => void router.navigate({ to: '/leases/new' })
  return [
    { id: 'new-lease', name: 'Create a lease', hint: 'action', icon: 'plus', go: create },
    {
      id: 'theme',
      name: 'Switch between light and dark',
      hint: 'action',
      icon: 'theme',
      go: toggleTheme,
    },
    { id: 'sign-out', name: 'Sign out', hint: 'action', icon: 'user', go: () => void signOut() },
  ]
}

function useTargets(): readonly Target[] {
  const router = useRouter()
  const { role } = useSession()
  const leases = useQuery(apiQuery('listLeases', { query: { limit: 200 } })).data?.items
  const models = useQuery(apiQuery('listModels')).data?.items
  return useMemo(() => {
    const ways = { router }
    const places = [...placesFor(role, PLACES), ...placesFor(role, OPERATOR_PLACES)]
    return [
      ...places.map((place) => placeTarget(place, ways)),
      ...actionTargets(ways),
      ...(models ?? []).map((model) => modelTarget(model, ways)),
      ...(leases ?? []).map((lease) => leaseTarget(lease, ways)),
    ]
  }, [role, router, leases, models])
}

export function Palette({ onClose }: { onClose: () => void }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const listId = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const found = rankTargets(useTargets(), text).slice(0, SHOWN_MAX)
  useEffect(() => dialog.current?.showModal(), [])
  const choose = (target: Target | undefined): void => {
    if (target === undefined) return
    onClose()
    target.go()
  }
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((before) => (before + step + found.length) % Math.max(1, found.length))
    else if (event.key === 'Enter') choose(found[at])
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      aria-label="Search or jump"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="mx-auto mt-[12vh] w-[560px] max-w-[calc(100vw-32px)] rounded-base border border-line-strong bg-bg p-0 text-text shadow-[0_12px_40px_rgb(8_13_15/0.25)]"
    >
      <div className="flex items-center gap-2 border-b border-line px-3 text-muted">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-label="Page, lease, model or action"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found[at] ? `${listId}-${at}` : undefined}
          placeholder="Page, lease, model or action"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKey}
          className="h-11 min-w-0 flex-1 bg-transparent text-15 text-text outline-none"
        />
      </div>
      <ul
        id={listId}
        role="listbox"
        aria-label="Found"
        className="max-h-[50vh] overflow-y-auto p-1"
      >
        {found.map((target, index) => (
          <li
            key={target.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(target)}
            className={`flex h-8 cursor-pointer items-center gap-2.5 rounded-base px-2 ${index === at ? 'bg-accent-soft' : ''}`}
          >
            <Icon name={target.icon} />
            <span className="min-w-0 truncate">{target.name}</span>
            <span className="ml-auto max-w-[45%] shrink-0 truncate text-12 text-muted">
              {target.hint}
            </span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-3 py-4 text-muted">Nothing is called “{text}”.</p>}
    </dialog>
  )
}
