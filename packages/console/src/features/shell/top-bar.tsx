/** The frame's head: whose page this is, the way to everything else, the theme, the way out. */
import type { ReactElement } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { Icon, Mark } from '../../ui/icons.tsx'
import { MENU_ITEM, Popover } from '../../ui/popover.tsx'
import { Tag } from '../../ui/state-word.tsx'
import { toggleTheme, useTheme } from '../../ui/theme.ts'
import { LiveWord } from '../live/live-word.tsx'
import { signOut, useSession } from '../session/session.ts'

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)
export const PALETTE_KEYS = isApple ? '⌘K' : 'Ctrl K'

export function TopBar({ onSearch }: { onSearch: () => void }): ReactElement {
  const session = useSession()
  const theme = useTheme()
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-bg">
      <div className="mx-auto flex h-[47px] max-w-[1504px] items-center gap-3 px-4 md:px-8">
        <span className="md:hidden">
          <Mark />
        </span>
        <p className="flex min-w-0 items-center gap-2">
          <span className="truncate">
            <span className="font-medium">{session.organization.name}</span>
            <span className="text-muted max-sm:hidden"> / {session.project.name}</span>
          </span>
          {session.role === 'operator' && (
            <span className="max-sm:hidden">
              <Tag>operator</Tag>
            </span>
          )}
        </p>
        <span className="flex-1" />
        <LiveWord />
        <button
          type="button"
          onClick={onSearch}
          className="control flex items-center gap-2 text-muted hover:border-muted max-md:border-transparent md:w-60"
        >
          <Icon name="search" size={14} />
          <span className="max-md:sr-only">Search or jump</span>
          <kbd className="ml-auto max-md:hidden">{PALETTE_KEYS}</kbd>
        </button>
        <span className="flex">
          <IconButton
            icon="theme"
            label={theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'}
            onClick={toggleTheme}
          />
          <AccountMenu />
        </span>
      </div>
    </header>
  )
}

function AccountMenu(): ReactElement {
  const session = useSession()
  return (
    <Popover
      label="Account"
      buttonClass="inline-flex size-[30px] items-center justify-center rounded-base text-muted hover:bg-sunken hover:text-text"
      button={<Icon name="user" />}
    >
      <div className="border-b border-line px-2 pt-1 pb-2">
        <p className="font-medium">{session.organization.name}</p>
        <p className="text-12 text-muted">
          project {session.project.name}, signed in as {session.role}
        </p>
      </div>
      <button type="button" className={`${MENU_ITEM} mt-1`} onClick={() => void signOut()}>
        Sign out
      </button>
    </Popover>
  )
}
