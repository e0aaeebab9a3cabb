/** The variants of a plan side by side: one column each, one row for what can differ. An empty cell is as in the base. */
import type { Pool } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { GridCell } from './grid-cell.tsx'
import { cellKey, type PlanDraft, type PlanErrors, type VariantDraft } from './plan-draft.ts'
import {
  entryField,
  type FieldGroup,
  GROUPS,
  type ListGroup,
  LISTS,
  type PlanField,
} from './plan-fields.ts'

const VARIANTS_MAX = 11
const ENTRIES_MAX = 20
/** Those that a plan most often changes; others are opened. */
const OPEN_AT_FIRST = ['fleet', 'demand']

interface VariantGridProps {
  readonly draft: PlanDraft
  /** Null where it is one of a fleet file. */
  readonly pool: Pool | null
  readonly errors: PlanErrors
  readonly onChange: (draft: PlanDraft) => void
}

function replaceVariant(draft: PlanDraft, at: number, variant: VariantDraft): PlanDraft {
  if (at === 0) return { ...draft, base: variant }
  return { ...draft, variants: draft.variants.with(at - 1, variant) }
}

function variantsOf({ base, variants }: PlanDraft): readonly VariantDraft[] {
  return [base, ...variants]
}

export function VariantGrid(props: VariantGridProps): ReactElement {
  const { draft, onChange } = props
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(OPEN_AT_FIRST))
  const toggle = (id: string): void =>
    setOpen((before) => {
      const after = new Set(before)
      if (!after.delete(id)) after.add(id)
      return after
    })
  return (
    <div
      className="relative overflow-x-auto pb-2"
      tabIndex={0}
      role="region"
      aria-label="Variants side by side"
    >
      <table className="border-separate border-spacing-x-2 border-spacing-y-1">
        <Heads {...props} />
        {GROUPS.map((group) => (
          <Group
            key={group.id}
            {...props}
            group={group}
            fields={group.fields}
            isOpen={open.has(group.id)}
            onToggle={() => toggle(group.id)}
          />
        ))}
        {LISTS.map((group) => (
          <Group
            key={group.id}
            {...props}
            group={group}
            fields={rowsOf(group, draft)}
            isOpen={open.has(group.id)}
            onToggle={() => toggle(group.id)}
            onMore={() =>
              onChange({
                ...draft,
                entries: { ...draft.entries, [group.id]: (draft.entries[group.id] ?? 0) + 1 },
              })
            }
          />
        ))}
      </table>
    </div>
  )
}

function rowsOf(group: ListGroup, { entries }: PlanDraft): readonly PlanField[] {
  return Array.from({ length: entries[group.id] ?? 0 }, (_, entry) => entry).flatMap((entry) =>
    group.fields.map((field) => entryField(group, entry, field)),
  )
}

function Heads({ draft, errors, onChange }: VariantGridProps): ReactElement {
  return (
    <thead>
      <tr>
        <th scope="col" className="sticky left-0 z-10 bg-bg">
          <span className="sr-only">What differs</span>
        </th>
        {variantsOf(draft).map((variant, at) => (
          <th key={at} scope="col" className="min-w-36 pb-1 text-left align-top font-medium">
            {at === 0 ? (
              'base'
            ) : (
              <VariantName
                at={at}
                variant={variant}
                error={errors.get(cellKey(at, 'name'))}
                onChange={(name) => onChange(replaceVariant(draft, at, { ...variant, name }))}
                onRemove={() =>
                  onChange({ ...draft, variants: draft.variants.toSpliced(at - 1, 1) })
                }
              />
            )}
          </th>
        ))}
        <th className="align-top font-normal">
          {draft.variants.length < VARIANTS_MAX && (
            <Button
              icon="plus"
              onClick={() =>
                onChange({
                  ...draft,
                  variants: [
                    ...draft.variants,
                    { name: `variant ${draft.variants.length + 1}`, values: {} },
                  ],
                })
              }
            >
              Variant
            </Button>
          )}
        </th>
      </tr>
    </thead>
  )
}

interface VariantNameProps {
  readonly at: number
  readonly variant: VariantDraft
  readonly error: string | undefined
  readonly onChange: (name: string) => void
  readonly onRemove: () => void
}

function VariantName({ at, variant, error, onChange, onRemove }: VariantNameProps): ReactElement {
  return (
    <>
      <span className="flex items-center gap-1">
        <input
          aria-label={`Name of variant ${at}`}
          aria-invalid={error === undefined ? undefined : true}
          aria-describedby={error === undefined ? undefined : `variant-name-${at}`}
          className="control w-full min-w-0 font-medium aria-invalid:border-bad"
          value={variant.name}
          onChange={(event) => onChange(event.target.value)}
        />
        <IconButton icon="cross" label={`Remove ${variant.name}`} onClick={onRemove} />
      </span>
      {error !== undefined && (
        <p id={`variant-name-${at}`} className="mt-0.5 max-w-44 text-12 font-normal text-bad">
          {error}
        </p>
      )}
    </>
  )
}

interface GroupProps extends VariantGridProps {
  readonly group: FieldGroup | ListGroup
  readonly fields: readonly PlanField[]
  readonly isOpen: boolean
  readonly onToggle: () => void
  /** One more entry, of a list. */
  readonly onMore?: () => void
}

function Group(props: GroupProps): ReactElement {
  const { group, fields, draft, errors, onToggle, onMore } = props
  const all = variantsOf(draft)
  const typed = all.reduce(
    (sum, { values }) => sum + fields.filter(({ id }) => values[id]?.trim()).length,
    0,
  )
  const hasError = fields.some(({ id }) => all.some((_, at) => errors.has(cellKey(at, id))))
  // What is wrong is never hidden.
  const isOpen = props.isOpen || hasError
  const whole = all.flatMap(({ name }, at) => {
    const message = errors.get(cellKey(at, group.id))
    return message === undefined ? [] : [`${name}: ${message}`]
  })
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={all.length + 2} className="pt-3 text-left font-normal">
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={onToggle}
            className="sticky left-0 inline-flex items-center gap-1.5 rounded-base font-medium hover:text-accent"
          >
            <span className={isOpen ? '' : '-rotate-90'}>
              <Icon name="chevron" size={14} />
            </span>
            {group.title}
            {typed > 0 && <span className="text-12 font-normal text-muted">{typed} set</span>}
          </button>{' '}
          <span className="text-12 text-muted">{group.note}</span>
          {whole.map((message) => (
            <p key={message} className="text-12 text-bad">
              {message}
            </p>
          ))}
        </th>
      </tr>
      {isOpen && fields.map((field) => <Row key={field.id} {...props} field={field} />)}
      {isOpen && onMore && fields.length / group.fields.length < ENTRIES_MAX && (
        <tr>
          <th scope="row" className="text-left">
            <Button icon="plus" look="quiet" onClick={onMore}>
              {'noun' in group ? group.noun : ''}
            </Button>
          </th>
        </tr>
      )}
    </tbody>
  )
}

function Row({
  field,
  draft,
  pool,
  errors,
  onChange,
}: VariantGridProps & { readonly field: PlanField }): ReactElement {
  const inBase = draft.base.values[field.id]?.trim()
  return (
    <tr>
      <th
        scope="row"
        className="sticky left-0 z-10 max-w-44 bg-bg py-1 pr-2 text-left align-top font-normal sm:max-w-none sm:whitespace-nowrap"
      >
        {field.label} <span className="text-12 text-muted">{field.unit}</span>
      </th>
      {variantsOf(draft).map((variant, at) => (
        <GridCell
          key={at}
          field={field}
          of={variant.name}
          value={variant.values[field.id] ?? ''}
          inherited={(at > 0 && inBase) || field.usual(pool)}
          error={errors.get(cellKey(at, field.id))}
          onChange={(value) =>
            onChange(
              replaceVariant(draft, at, {
                ...variant,
                values: { ...variant.values, [field.id]: value },
              }),
            )
          }
        />
      ))}
    </tr>
  )
}
