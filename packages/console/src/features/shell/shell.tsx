/** The frame around every signed-in page. */
import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { lazy, type ReactElement, Suspense, useEffect, useRef, useState } from 'react'
import { ReclaimBanner } from '../leases/reclaim-banner.tsx'
import { RiskBanner } from '../leases/risk-banner.tsx'
import { startLive } from '../live/live.ts'
import { leaveForSignIn } from '../session/leave.ts'
import { BottomBar, SideBar } from './side-bar.tsx'
import { TopBar } from './top-bar.tsx'

const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })))

function useLiveStream(): void {
  const queryClient = useQueryClient()
  const router = useRouter()
  useEffect(
    () => startLive(queryClient, () => void leaveForSignIn(router, queryClient)),
    [queryClient, router],
  )
}

/** After a jump to another page, reading and the next Tab begin at its content. */
function useContentFocus(): void {
  const path = useLocation({ select: (location) => location.pathname })
  const before = useRef(path)
  useEffect(() => {
    if (before.current !== path) document.getElementById('content')?.focus({ preventScroll: true })
    before.current = path
  }, [path])
}

function usePaletteKeys(toggle: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      toggle()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [toggle])
}

export function Shell(): ReactElement {
  const [isPaletteOpen, setIsPaletteOpen] = useState(false)
  useLiveStream()
  useContentFocus()
  usePaletteKeys(() => setIsPaletteOpen((isOpen) => !isOpen))
  return (
    <div className="flex min-h-dvh">
      <a
        href="#content"
        className="sr-only rounded-base bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-40"
      >
        Skip to the content
      </a>
      <SideBar />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onSearch={() => setIsPaletteOpen(true)} />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto w-full max-w-[1504px] flex-1 px-4 pt-5 pb-24 outline-none md:px-8 md:pb-10"
        >
          <ReclaimBanner />
          <RiskBanner />
          <Outlet />
        </main>
      </div>
      <BottomBar />
      {isPaletteOpen && (
        <Suspense>
          <Palette onClose={() => setIsPaletteOpen(false)} />
        </Suspense>
      )}
    </div>
  )
}
