/** Shows what a model wrote in Markdown, as elements made here: no HTML of its own, nothing fetched. */
import { memo, type ReactElement, type ReactNode } from 'react'
import { type Block, type Inline, parseMarkdown } from './markdown.ts'

function renderInline(parts: readonly Inline[]): ReactNode[] {
  return parts.map((part, index) => {
    switch (part.kind) {
      case 'text':
        return part.text
      case 'code':
        return (
          <code key={index} className="rounded-base bg-sunken px-1">
            {part.text}
          </code>
        )
      case 'strong':
        return <strong key={index}>{renderInline(part.of)}</strong>
      case 'emphasis':
        return <em key={index}>{renderInline(part.of)}</em>
      case 'link':
        return (
          <a
            key={index}
            href={part.href}
            title={part.href}
            target="_blank"
            rel="noopener noreferrer nofollow"
            className="text-accent underline"
          >
            {part.text}
          </a>
        )
    }
  })
}

function renderBlock(block: Block, index: number): ReactElement {
  switch (block.kind) {
    // A model's words are no part of the page's outline.
    case 'heading':
      return (
        <p key={index} className="font-bold">
          {renderInline(block.of)}
        </p>
      )
    case 'paragraph':
      return (
        <p key={index} className="whitespace-pre-wrap">
          {renderInline(block.of)}
        </p>
      )
    case 'quote':
      return (
        <blockquote
          key={index}
          className="border-l-2 border-line-strong pl-2.5 whitespace-pre-wrap text-muted"
        >
          {renderInline(block.of)}
        </blockquote>
      )
    case 'code':
      return (
        <pre
          key={index}
          tabIndex={0}
          aria-label={block.language === '' ? 'code' : `code in ${block.language}`}
          className="overflow-x-auto rounded-base border border-line bg-sunken px-3 py-2 leading-5"
        >
          {block.text}
        </pre>
      )
    case 'list': {
      const items = block.items.map((item, at) => <li key={at}>{renderInline(item)}</li>)
      return block.isOrdered ? (
        <ol key={index} className="list-decimal pl-5">
          {items}
        </ol>
      ) : (
        <ul key={index} className="list-disc pl-5">
          {items}
        </ul>
      )
    }
    case 'rule':
      return <hr key={index} className="border-line" />
  }
}

export const Markdown = memo(function Markdown({ text }: { text: string }): ReactElement {
  return (
    <div className="flex min-w-0 flex-col gap-2 break-words">
      {parseMarkdown(text).map(renderBlock)}
    </div>
  )
})
