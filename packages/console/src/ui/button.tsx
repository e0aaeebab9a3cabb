/** Buttons, and links that look like buttons. One primary action a page. */
import type { ButtonHTMLAttributes, ReactElement, ReactNode } from 'react'
import { Icon, type IconName } from './icons.tsx'

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger'

const BASE =
  'inline-flex h-[30px] shrink-0 items-center justify-center gap-1.5 rounded-base border px-3 font-medium whitespace-nowrap no-underline transition-colors disabled:cursor-not-allowed disabled:opacity-55'

const LOOKS: Record<ButtonLook, string> = {
  primary: 'border-accent bg-accent text-on-accent hover:opacity-90',
  plain: 'border-line-strong bg-bg text-text hover:bg-sunken',
  quiet: 'border-transparent text-muted hover:bg-sunken hover:text-text',
  danger: 'border-bad bg-bg text-bad hover:bg-bad hover:text-bg',
}

/** The classes of a button, for links. */
export function buttonClass(look: ButtonLook = 'plain'): string {
  return `${BASE} ${LOOKS[look]}`
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook
  readonly icon?: IconName
  /** Work is under way: the button waits and says so to screen readers. */
  readonly isBusy?: boolean
}

export function Button({
  look = 'plain',
  icon,
  isBusy = false,
  ...rest
}: ButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={`${buttonClass(look)} ${rest.className ?? ''}`}
    >
      {icon && <Icon name={icon} size={14} />}
      {rest.children}
    </button>
  )
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: IconName
  /** What it does; spoken, and shown on hover. */
  readonly label: string
}

export function IconButton({ icon, label, ...rest }: IconButtonProps): ReactElement {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      className={`inline-flex size-[30px] shrink-0 items-center justify-center rounded-base text-muted transition-colors hover:bg-sunken hover:text-text ${rest.className ?? ''}`}
    >
      <Icon name={icon} />
    </button>
  )
}

interface Choice<V extends string> {
  readonly value: V
  readonly label: ReactNode
}

interface SegmentedProps<V extends string> {
  readonly label: string
  readonly value: V
  readonly choices: readonly Choice<V>[]
  readonly onChange: (value: V) => void
}

/** A few choices side by side, one of which holds. */
export function Segmented<V extends string>(props: SegmentedProps<V>): ReactElement {
  return (
    <div
      role="group"
      aria-label={props.label}
      className="inline-flex shrink-0 rounded-base border border-line-strong bg-bg"
    >
      {props.choices.map((choice, index) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === props.value}
          onClick={() => props.onChange(choice.value)}
          className={`h-[28px] px-2.5 whitespace-nowrap ${index > 0 ? 'border-l border-line' : ''} ${
            choice.value === props.value
              ? 'bg-accent-soft font-medium text-accent'
              : 'text-muted hover:bg-sunken hover:text-text'
          }`}
        >
          {choice.label}
        </button>
      ))}
    </div>
  )
}
