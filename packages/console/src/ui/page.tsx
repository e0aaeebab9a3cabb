/** The parts every page is laid out with: head, section, figure row, facts. */
import type { ReactElement, ReactNode } from 'react'

interface PageHeadProps {
  readonly title: ReactNode
  /** For the window's title, where the title is more than text. */
  readonly name?: string
  /** One line of what matters now. */
  readonly line?: ReactNode
  readonly actions?: ReactNode
  readonly back?: ReactNode
}

export function PageHead({ title, name, line, actions, back }: PageHeadProps): ReactElement {
  return (
    <header className="mb-4 flex flex-wrap items-end justify-between gap-x-4 gap-y-3">
      <title>{`${name ?? (typeof title === 'string' ? title : '')} · Spillway`}</title>
      <div className="min-w-0 max-w-full">
        {back && <div className="mb-1 text-12 text-muted">{back}</div>}
        <h1 className="flex min-w-0 flex-wrap items-center gap-x-2.5 text-18 font-bold break-words">
          {title}
        </h1>
        {line && <div className="mt-0.5 text-muted">{line}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}

interface SectionProps {
  readonly title: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

export function Section({ title, aside, children, className = '' }: SectionProps): ReactElement {
  return (
    <section className={`min-w-0 ${className}`}>
      <div className="mb-2 flex min-h-[30px] flex-wrap items-center justify-between gap-x-3 gap-y-1.5">
        <h2 className="text-15 font-bold">{title}</h2>
        {aside && <div className="flex flex-wrap items-center gap-2">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

export interface Figure {
  readonly label: string
  readonly value: ReactNode
  /** The change against a named period, or what the value is made of. */
  readonly note?: ReactNode
  /** Wraps the figure in a link to the page that explains it. */
  readonly link?: (children: ReactNode) => ReactElement
}

/** At most five figures; each leads to the page that explains it. */
export function FigureRow({ figures }: { figures: readonly Figure[] }): ReactElement {
  return (
    <div className="@container mb-6">
      <dl className="grid grid-cols-2 border-y border-line @min-[680px]:auto-cols-fr @min-[680px]:grid-flow-col @min-[680px]:grid-cols-none">
        {figures.map((figure, index) => (
          <div
            key={figure.label}
            className={`relative min-w-0 px-3 py-2.5 first:pl-0 ${
              index % 2 === 1 ? 'border-l' : ''
            } ${index > 1 ? 'border-t @min-[680px]:border-t-0' : ''} ${index > 0 ? '@min-[680px]:border-l' : ''} ${index % 2 === 0 ? '@max-[680px]:pl-0' : ''} border-line`}
          >
            <dt className="text-12 text-muted">{figure.label}</dt>
            <dd className="mt-0.5 truncate text-24 leading-[1.25] font-medium">
              {figure.link ? figure.link(figure.value) : figure.value}
            </dd>
            <dd className="min-h-[18px] text-12 text-muted">{figure.note}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** A unit beside a figure. */
export function Unit({ children }: { children: ReactNode }): ReactElement {
  return <span className="ml-1 text-13 font-normal text-muted">{children}</span>
}

/** Terms and values in two columns. */
export function Facts({
  facts,
}: {
  facts: readonly (readonly [string, ReactNode])[]
}): ReactElement {
  return (
    <dl className="grid grid-cols-[minmax(96px,max-content)_1fr] gap-x-4">
      {facts.map(([term, value]) => (
        <div
          key={term}
          className="col-span-2 grid min-h-[28px] grid-cols-subgrid items-center border-b border-line py-1 last:border-b-0"
        >
          <dt className="text-muted">{term}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
