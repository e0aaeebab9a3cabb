/** The frame's navigation: a side bar, or a bottom bar where the screen is narrow. */
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Icon, Mark } from '../../ui/icons.tsx'
import { MENU_ITEM, Popover } from '../../ui/popover.tsx'
import { useSession } from '../session/session.ts'
import { Installation } from './installation.tsx'
import { OPERATOR_PLACES, type Place, PLACES, placesFor } from './places.ts'

const ITEM =
  'flex h-8 items-center gap-2.5 rounded-base px-2 text-muted no-underline hover:bg-sunken hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent'

function PlaceLink({ place }: { place: Place }): ReactElement {
  return (
    <Link
      to={place.to}
      className={ITEM}
      activeOptions={{ exact: place.to === '/', includeSearch: false }}
    >
      <Icon name={place.icon} />
      {place.word}
    </Link>
  )
}

export function SideBar(): ReactElement {
  const { role } = useSession()
  const operator = placesFor(role, OPERATOR_PLACES)
  return (
    <aside className="sticky top-0 flex h-dvh w-[200px] shrink-0 flex-col border-r border-line bg-surface max-md:hidden">
      <Link
        to="/"
        className="flex h-12 items-center gap-2 px-4 text-15 font-bold text-text no-underline"
      >
        <Mark />
        Spillway
      </Link>
      <nav
        aria-label="Main"
        className="flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto px-2 py-2"
      >
        {placesFor(role, PLACES).map((place) => (
          <PlaceLink key={place.to} place={place} />
        ))}
        {operator.length > 0 && (
          <h2 className="mt-4 mb-1 px-2 text-12 font-medium text-muted">Operator</h2>
        )}
        {operator.map((place) => (
          <PlaceLink key={place.to} place={place} />
        ))}
      </nav>
      <Installation />
    </aside>
  )
}

const BOTTOM_ITEM =
  'flex flex-1 flex-col items-center justify-center gap-0.5 text-12 text-muted no-underline aria-[current=page]:font-medium aria-[current=page]:text-accent'
const BOTTOM_PLACES = 4

export function BottomBar(): ReactElement {
  const { role } = useSession()
  const places = placesFor(role, PLACES)
  const rest = [...places.slice(BOTTOM_PLACES), ...placesFor(role, OPERATOR_PLACES)]
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-20 flex h-14 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {places.slice(0, BOTTOM_PLACES).map((place) => (
        <Link
          key={place.to}
          to={place.to}
          className={BOTTOM_ITEM}
          activeOptions={{ exact: place.to === '/', includeSearch: false }}
        >
          <Icon name={place.icon} />
          {place.word.split(' ')[0]}
        </Link>
      ))}
      <Popover
        label="More pages"
        buttonClass={BOTTOM_ITEM}
        button={
          <>
            <Icon name="more" />
            More
          </>
        }
      >
        {rest.map((place) => (
          <Link key={place.to} to={place.to} className={MENU_ITEM} onClick={closePopovers}>
            <Icon name={place.icon} />
            {place.word}
          </Link>
        ))}
      </Popover>
    </nav>
  )
}

function closePopovers(): void {
  for (const open of document.querySelectorAll<HTMLElement>(':popover-open')) open.hidePopover()
}
