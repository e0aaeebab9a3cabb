/** Words to look for on the map; they take effect while the reader types, once typing pauses. */
import { type ReactElement, useEffect, useRef, useState } from 'react'

const PAUSE_MS = 180

interface SearchBoxProps {
  readonly words: string
  readonly onWords: (words: string) => void
}

export function SearchBox({ words, onWords }: SearchBoxProps): ReactElement {
  const [text, setText] = useState(words)
  const [known, setKnown] = useState(words)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  if (words !== known) {
    setKnown(words)
    setText(words)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <input
      type="search"
      aria-label="Find nodes, leases and organizations"
      placeholder="Node, lease, organization"
      value={text}
      spellCheck={false}
      onChange={(event) => {
        const next = event.target.value
        setText(next)
        clearTimeout(timer.current)
        timer.current = setTimeout(() => onWords(next.trim()), PAUSE_MS)
      }}
      className="control w-[220px] max-w-full"
    />
  )
}
