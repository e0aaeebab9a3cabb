/** One block in full: how it stands, how much of it is used, what it costs, what became of it, and how to run within it. */
import type { Block } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useEffect, useRef } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { IconButton } from '../../ui/button.tsx'
import { Code, Id } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { Facts } from '../../ui/page.tsx'
import { blockSize, BlockStateWord, hourWords, hoursOf, UseBar } from './block-looks.tsx'

export function BlockDrawer({ id, onClose }: { id: string; onClose: () => void }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const query = useQuery(apiQuery('getBlock', { params: { id } }))
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label="Block"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className="my-0 mr-0 ml-auto h-dvh max-h-none w-[440px] max-w-[100vw] border-l border-line-strong bg-bg p-0 text-text"
    >
      <div className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
        <h2 className="min-w-0 text-15 font-bold break-words">{query.data?.name ?? 'Block'}</h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </div>
      <div className="flex flex-col gap-4 p-4">
        <Answered query={query}>
          {(block) => (
            <>
              <div>
                <BlockStateWord block={block} />
                <p className="mt-1 break-words">{block.text}</p>
              </div>
              <UseBar block={block} />
              {block.closedAt === null && (
                <Code
                  label="how to run within it"
                  text={`spillway lease create --block ${block.id} --gpus 1 -- COMMAND`}
                />
              )}
              <Facts facts={factsOf(block)} />
              <section aria-label="Timeline">
                <h3 className="mb-1 text-13 font-bold">Timeline</h3>
                <ol className="flex flex-col gap-1.5">
                  {block.facts.map(({ at, type, text }) => (
                    <li key={`${at} ${type}`} className="break-words">
                      {text}{' '}
                      <span className="text-12 text-muted">
                        <Ago at={at} />
                      </span>
                    </li>
                  ))}
                </ol>
              </section>
            </>
          )}
        </Answered>
      </div>
    </dialog>
  )
}

type Fact = readonly [string, ReactElement | string]

function factsOf(block: Block): readonly Fact[] {
  const { gpus, gpusHeld, gpusInUse } = block
  const isOpen = block.closedAt === null
  const amount = (term: string, value: string): readonly Fact[] =>
    value === '0' ? [] : [[term, <Money key={term} amount={value} />]]
  return [
    ['Pool', block.pool],
    [
      'GPUs',
      `${blockSize(block)}${block.nodes > 1 ? ' nodes' : ''}${block.fabric === 'same' ? ', on one fabric' : ''}`,
    ],
    ['From', `${hourWords(block.startsAt)} UTC`],
    ['To', `${hourWords(block.endsAt)} UTC, ${hoursOf(block)} h`],
    ...(isOpen ? ([['There now', `${gpusHeld} of ${gpus}, ${gpusInUse} in use`]] as const) : []),
    ['Price', <Money key="price" amount={block.priceUsd} />],
    ['', <Money key="per" amount={block.priceUsdPerGpuHour} per="GPU-h" />],
    ...amount('Charged', block.chargedUsd),
    ...amount('Held', block.heldUsd),
    ...amount('Credited', block.creditUsd),
    ['Organization', block.organization],
    ['Bought', <Ago key="bought" at={block.createdAt} />],
    ['Id', <Id key="id" id={block.id} />],
  ]
}
