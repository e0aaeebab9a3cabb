/** Talk to a model: the answer streams, with its speed and its price. */
import type { Model } from '@spillway/contract'
import {
  type KeyboardEvent,
  type ReactElement,
  type RefObject,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { explain } from '../../api/explain.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { InputField, TextField } from '../../ui/field.tsx'
import { exactMoney, formatMoney } from '../../ui/format/money.ts'
import { formatCount } from '../../ui/format/numbers.ts'
import { ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { usePermission } from '../session/session.ts'
import { ChatFailure } from './chat-stream.ts'
import { type ChatTurn, turnFigures } from './chat-turn.ts'
import { useChat } from './use-chat.ts'

const DEFAULT_TOKENS = 200

/** Keeps the newest words in sight while they stream. */
function useEndInSight(turns: readonly ChatTurn[]): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [turns])
  return box
}

export function Playground({ model }: { model: Model }): ReactElement {
  const chat = useChat()
  const box = useEndInSight(chat.turns)
  const [text, setText] = useState('')
  const [system, setSystem] = useState('')
  const [maxTokens, setMaxTokens] = useState(String(DEFAULT_TOKENS))
  const [temperature, setTemperature] = useState('0.7')
  // One that sleeps is woken by being asked.
  const isReady = model.state === 'ready' || model.state === 'asleep'
  const send = (): void => {
    if (text.trim() === '' || chat.isBusy || !isReady) return
    chat.ask(text.trim(), {
      model: model.id,
      system,
      maxTokens: Number(maxTokens) || DEFAULT_TOKENS,
      temperature: Number(temperature) || 0,
    })
    setText('')
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <Section
      title="Playground"
      aside={
        chat.turns.length > 0 && (
          <Button look="quiet" onClick={chat.clear}>
            Clear
          </Button>
        )
      }
    >
      <div className="rounded-base border border-line">
        <div
          ref={box}
          className="max-h-[52vh] min-h-[220px] overflow-y-auto p-4"
          tabIndex={0}
          role="log"
          aria-label="Conversation"
          aria-busy={chat.isBusy}
        >
          {chat.turns.length === 0 && (
            <p className="text-muted">
              {model.isToy
                ? 'This is a toy: it shows the machinery, and its words mean nothing. Ask it anything.'
                : 'Ask the model something; the answer streams here.'}
            </p>
          )}
          <ol className="flex flex-col gap-4">
            {chat.turns.map((turn, index) => (
              <Turn key={`${turn.startedMs}-${index}`} turn={turn} model={model} />
            ))}
          </ol>
        </div>
        <div className="flex items-end gap-2 border-t border-line bg-surface p-2">
          <textarea
            aria-label="Message"
            rows={2}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKey}
            placeholder={
              isReady ? 'Message; Enter sends, Shift Enter breaks the line' : model.stateText
            }
            className="control h-auto min-w-0 flex-1 resize-none py-1.5 leading-5"
          />
          {chat.isBusy ? (
            <Button icon="stop" onClick={chat.stop}>
              Stop
            </Button>
          ) : (
            <Button look="primary" onClick={send} disabled={!isReady || text.trim() === ''}>
              Send
            </Button>
          )}
        </div>
      </div>
      {chat.error !== null && (
        <div className="mt-3">
          <ChatProblem error={chat.error} />
        </div>
      )}
      <details className="mt-3">
        <summary className="font-medium">Settings</summary>
        <div className="mt-2 grid gap-4 sm:grid-cols-2">
          <InputField
            label="At most"
            type="number"
            min={1}
            unit="tokens"
            value={maxTokens}
            onChange={(event) => setMaxTokens(event.target.value)}
          />
          <InputField
            label="Temperature"
            type="number"
            min={0}
            max={2}
            step={0.1}
            value={temperature}
            onChange={(event) => setTemperature(event.target.value)}
          />
          <div className="sm:col-span-2">
            <TextField
              label="System message"
              rows={2}
              value={system}
              onChange={(event) => setSystem(event.target.value)}
            />
          </div>
        </div>
      </details>
    </Section>
  )
}

function Turn({ turn, model }: { turn: ChatTurn; model: Model }): ReactElement {
  return (
    <li>
      <p className="mb-1 border-l-2 border-line-strong pl-2.5 whitespace-pre-wrap break-words text-muted">
        {turn.question}
      </p>
      <p className="pl-3 text-15 whitespace-pre-wrap break-words">
        {turn.answer}
        {(turn.state === 'waiting' || turn.state === 'streaming') && (
          <span
            aria-hidden="true"
            className="ml-0.5 inline-block h-[1em] w-[7px] animate-[blink_1s_step-end_infinite] bg-accent align-[-2px]"
          />
        )}
      </p>
      <TurnLine turn={turn} model={model} />
    </li>
  )
}

function TurnLine({ turn, model }: { turn: ChatTurn; model: Model }): ReactElement | null {
  const figures = turnFigures(turn, model.price)
  if (turn.state === 'waiting') return null
  const parts = [
    figures.firstTokenAfterMs !== null && `first token ${renderMs(figures.firstTokenAfterMs)}`,
    figures.tokensPerSecond !== null && `${formatCount(Math.round(figures.tokensPerSecond))} tok/s`,
    figures.tokens > 0 && `${figures.isCounted ? '' : '≈ '}${formatCount(figures.tokens)} tokens`,
  ].filter((part) => part !== false)
  return (
    <p className="num mt-1 flex flex-wrap items-center gap-x-3 pl-3 text-12 text-muted">
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
      {figures.costPicos !== null && (
        <span title={`${exactMoney(figures.costPicos)} at the list price`}>
          {formatMoney(figures.costPicos)}
        </span>
      )}
      {turn.state === 'stopped' && <span>stopped by you</span>}
      {turn.state === 'failed' && (
        <span className="text-bad">{turn.answer === '' ? 'no answer' : 'interrupted'}</span>
      )}
      {turn.finishReason === 'length' && <span>cut at the limit</span>}
      {turn.state !== 'streaming' && turn.answer !== '' && (
        <CopyButton text={turn.answer} label="Copy the answer" />
      )}
    </p>
  )
}

export function renderMs(durationMs: number): string {
  return durationMs < 10 ? `${durationMs.toFixed(1)} ms` : `${Math.round(durationMs)} ms`
}

/** What to do about a refusal; most need nothing but reading it. */
function remedyOf(failure: ChatFailure, isOperator: boolean): string {
  if (failure.code !== 'insufficient_quota') return 'A client of /v1 receives exactly this error.'
  return isOperator
    ? 'Grant this organization credit on the page Organizations, or use a key that has some.'
    : 'Ask the operator for credit, or lower the number of tokens in the settings.'
}

export function ChatProblem({ error }: { error: unknown }): ReactElement {
  const isOperator = usePermission('credit.grant')
  if (!(error instanceof ChatFailure)) return <ProblemPanel explanation={explain(error)} />
  const where = error.param ? ` at ${error.param}` : ''
  return (
    <ProblemPanel
      explanation={{
        title: `The gateway refused: ${error.status} ${error.code ?? error.type}${where}`,
        detail: error.message,
        remedy: remedyOf(error, isOperator),
        requestId: error.requestId,
      }}
    />
  )
}
