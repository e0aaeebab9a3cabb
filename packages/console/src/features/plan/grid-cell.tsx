/** One value of one variant in the grid of a plan: empty is as in the base; what is wrong with it stands below it. */
import { type ReactElement, useId } from 'react'
import type { PlanField } from './plan-fields.ts'

interface GridCellProps {
  readonly field: PlanField
  /** Whose it is: `busier owner`. */
  readonly of: string
  readonly value: string
  /** What holds while it is empty. */
  readonly inherited: string
  readonly error: string | undefined
  readonly onChange: (value: string) => void
}

export function GridCell(props: GridCellProps): ReactElement {
  const { field, of, value, inherited, error, onChange } = props
  const noteId = useId()
  const described = {
    'aria-label': `${field.label} of ${of}`,
    'aria-invalid': error === undefined ? undefined : true,
    'aria-describedby': error === undefined ? undefined : noteId,
  } as const
  return (
    <td className="align-top">
      {field.kind === 'choice' ? (
        <select
          {...described}
          className={`control w-full aria-invalid:border-bad ${value === '' ? 'text-muted' : ''}`}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          <option value="">{inherited}</option>
          {(field.choices ?? []).map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...described}
          inputMode={field.kind === 'text' ? 'text' : 'decimal'}
          autoComplete="off"
          spellCheck={false}
          className={`control w-full min-w-0 aria-invalid:border-bad ${field.kind === 'text' ? '' : 'num'}`}
          placeholder={inherited}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {error !== undefined && (
        <p id={noteId} className="mt-0.5 max-w-44 text-12 text-bad">
          {error}
        </p>
      )}
    </td>
  )
}
