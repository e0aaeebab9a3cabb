/** Short confirmations that go away by themselves. Errors never go here: they stay beside what failed. */
import { type ReactElement, useEffect, useSyncExternalStore } from 'react'
import { Icon } from './icons.tsx'

const SHOWN_MS = 4000

let current: { readonly text: string; readonly serial: number } | null = null
let serial = 0
const listeners = new Set<() => void>()

function publish(): void {
  for (const listener of listeners) listener()
}

export function toast(text: string): void {
  serial += 1
  current = { text, serial }
  publish()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function ToastRegion(): ReactElement {
  const shown = useSyncExternalStore(subscribe, () => current)
  useEffect(() => {
    if (shown === null) return
    const timer = setTimeout(() => {
      current = null
      publish()
    }, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown])
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-30 flex justify-center px-4 max-md:bottom-[68px]"
    >
      {shown && (
        <div className="flex items-center gap-2 rounded-base bg-text px-3 py-2 text-bg shadow-[0_6px_24px_rgb(8_13_15/0.25)]">
          <Icon name="check" size={14} />
          {shown.text}
        </div>
      )}
    </div>
  )
}
