/** Form fields: label above, help below, unit inside, the contract's own words when something is wrong. */
import type {
  InputHTMLAttributes,
  ReactElement,
  ReactNode,
  Ref,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from 'react'
import { useId } from 'react'

interface Described {
  readonly label: ReactNode
  readonly help?: ReactNode
  readonly error?: string | undefined
}

interface FieldProps extends Described {
  readonly id: string
  readonly children: ReactNode
}

function noteId(id: string): string {
  return `${id}-note`
}

function Field({ id, label, help, error, children }: FieldProps): ReactElement {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children}
      {(error || help) && (
        <p
          id={noteId(id)}
          className={`mt-1 text-12 break-words ${error ? 'text-bad' : 'text-muted'}`}
        >
          {error ?? help}
        </p>
      )}
    </div>
  )
}

const BOX = 'control w-full min-w-0 aria-invalid:border-bad'

type InputProps = Described &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'id' | 'prefix'> & {
    readonly ref?: Ref<HTMLInputElement>
    /** Shown inside, after the value. */
    readonly unit?: string
    readonly isMono?: boolean
  }

export function InputField({
  label,
  help,
  error,
  unit,
  isMono = false,
  ...rest
}: InputProps): ReactElement {
  const id = useId()
  return (
    <Field id={id} label={label} help={help} error={error}>
      <div className="relative">
        <input
          autoComplete="off"
          spellCheck={false}
          {...rest}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={error || help ? noteId(id) : undefined}
          className={`${BOX} ${isMono ? 'font-mono text-12' : ''} ${unit ? 'pr-20' : ''}`}
        />
        {unit && (
          <span
            aria-hidden="true"
            className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-12 text-muted"
          >
            {unit}
          </span>
        )}
      </div>
    </Field>
  )
}

type SelectProps = Described &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className' | 'id'> & {
    readonly ref?: Ref<HTMLSelectElement>
  }

export function SelectField({ label, help, error, children, ...rest }: SelectProps): ReactElement {
  const id = useId()
  return (
    <Field id={id} label={label} help={help} error={error}>
      <select
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || help ? noteId(id) : undefined}
        className={BOX}
      >
        {children}
      </select>
    </Field>
  )
}

type TextProps = Described &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'className' | 'id'> & {
    readonly ref?: Ref<HTMLTextAreaElement>
    readonly isMono?: boolean
  }

export function TextField({
  label,
  help,
  error,
  isMono = false,
  ...rest
}: TextProps): ReactElement {
  const id = useId()
  return (
    <Field id={id} label={label} help={help} error={error}>
      <textarea
        spellCheck={false}
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || help ? noteId(id) : undefined}
        className={`${BOX} h-auto resize-y py-1.5 leading-5 ${isMono ? 'font-mono text-12' : ''}`}
      />
    </Field>
  )
}

interface CheckProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'className' | 'type'> {
  readonly label: ReactNode
  readonly help?: ReactNode
  readonly ref?: Ref<HTMLInputElement>
}

export function CheckField({ label, help, ...rest }: CheckProps): ReactElement {
  return (
    <label className="flex items-start gap-2">
      <input type="checkbox" {...rest} className="mt-[3px] size-3.5 accent-accent" />
      <span>
        <span className="font-medium">{label}</span>
        {help && <span className="block text-12 text-muted">{help}</span>}
      </span>
    </label>
  )
}

interface FilterProps extends Omit<
  SelectHTMLAttributes<HTMLSelectElement>,
  'className' | 'onChange'
> {
  readonly label: string
  readonly value: string
  readonly onPick: (value: string) => void
  readonly options: readonly (readonly [value: string, word: string])[]
}

/** A select that filters a list; the empty choice is everything. */
export function FilterSelect({
  label,
  value,
  onPick,
  options,
  ...rest
}: FilterProps): ReactElement {
  return (
    <select
      {...rest}
      aria-label={label}
      value={value}
      onChange={(event) => onPick(event.target.value)}
      className={`control ${value === '' ? 'text-muted' : 'border-accent bg-accent-soft font-medium text-accent'}`}
    >
      <option value="">{label}: all</option>
      {options.map(([option, word]) => (
        <option key={option} value={option}>
          {word}
        </option>
      ))}
    </select>
  )
}
