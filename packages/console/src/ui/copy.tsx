/** Copying: a small button that says when it is done, an id shortened in the middle, and a block of code. */
import { type ReactElement, useEffect, useState } from 'react'
import { Icon } from './icons.tsx'

const DONE_SHOWN_MS = 1500

export function useCopy(): { isCopied: boolean; copy: (text: string) => void } {
  const [isCopied, setIsCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setIsCopied(false), DONE_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = (text: string): void => {
    void writeClipboard(text).then(() => setIsCopied(true))
  }
  return { isCopied, copy }
}

/** Pages served without TLS have no clipboard API beyond loopback; a selected text field still works there. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

export function CopyButton({
  text,
  label = 'Copy',
}: {
  text: string
  label?: string
}): ReactElement {
  const { isCopied, copy } = useCopy()
  return (
    <button
      type="button"
      title={isCopied ? 'Copied' : label}
      aria-label={isCopied ? 'Copied' : label}
      onClick={(event) => {
        event.stopPropagation()
        copy(text)
      }}
      className={`inline-flex size-6 shrink-0 items-center justify-center rounded-base hover:bg-sunken ${isCopied ? 'text-good' : 'text-muted hover:text-text'}`}
    >
      <Icon name={isCopied ? 'check' : 'copy'} size={13} />
    </button>
  )
}

const HEAD = 8
const TAIL = 4

/** `lse_7Qxk…f3a9`; the whole id is in the title and on the clipboard. */
export function shortenId(id: string): string {
  return id.length <= HEAD + TAIL + 1 ? id : `${id.slice(0, HEAD)}…${id.slice(-TAIL)}`
}

export function Id({ id, isCopyable = true }: { id: string; isCopyable?: boolean }): ReactElement {
  return (
    <span className="inline-flex items-center gap-0.5 align-middle">
      <span className="num" title={id}>
        {shortenId(id)}
      </span>
      {isCopyable && <CopyButton text={id} label={`Copy ${id}`} />}
    </span>
  )
}

/** Code to copy in one click. */
export function Code({ text, label }: { text: string; label: string }): ReactElement {
  return (
    <div className="group relative rounded-base border border-line bg-sunken">
      <pre
        tabIndex={0}
        aria-label={label}
        className="overflow-x-auto px-3 py-2 pr-9 leading-5 break-words whitespace-pre-wrap"
      >
        {text}
      </pre>
      <span className="absolute top-1.5 right-1.5 rounded-base bg-sunken">
        <CopyButton text={text} label={`Copy ${label}`} />
      </span>
    </div>
  )
}
