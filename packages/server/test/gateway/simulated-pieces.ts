/** What a simulated server says, piece by piece: reasoning, words, calls of tools, and why it ends. */

export interface Said {
  readonly tokens: number
  /** Said instead of so many words, in two pieces. */
  readonly says?: string | undefined
  /** Reasoned before anything is said. */
  readonly thinks?: string | undefined
  /** Tools that are called at the end, each with `{"a":1}`. */
  readonly calls?: readonly string[] | undefined
  readonly refuses?: string | undefined
  readonly finish?: string | undefined
  readonly hasLogprobs?: boolean | undefined
}

export interface Piece {
  readonly delta: object
  readonly tokens: number
  readonly logprobs?: object
}

const ARGUMENTS = ['{"a"', ':1}'] as const

export const word = (index: number) => `word${index} `

export function textsOf({ says, tokens, refuses }: Said): readonly string[] {
  if (refuses !== undefined) return []
  if (says === undefined) return Array.from({ length: tokens }, (_, index) => word(index))
  const middle = Math.ceil(says.length / 2)
  return [says.slice(0, middle), says.slice(middle)].filter((text) => text !== '')
}

function logprobsOf(token: string): object {
  const entry = { token, logprob: -0.5, bytes: [...Buffer.from(token)] }
  return { content: [{ ...entry, top_logprobs: [entry] }], refusal: null }
}

function callPieces(name: string, index: number): readonly Piece[] {
  const head = { index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }
  const parts = ARGUMENTS.map((text) => ({ index, function: { arguments: text } }))
  return [head, ...parts].map((call) => ({ delta: { tool_calls: [call] }, tokens: 1 }))
}

export function piecesOf(said: Said): readonly Piece[] {
  const { thinks, calls = [], refuses, hasLogprobs } = said
  return [
    ...(thinks === undefined ? [] : [{ delta: { reasoning_content: thinks }, tokens: 1 }]),
    ...textsOf(said).map((text) => ({
      delta: { content: text },
      tokens: 1,
      ...(hasLogprobs ? { logprobs: logprobsOf(text) } : {}),
    })),
    ...(refuses === undefined ? [] : [{ delta: { refusal: refuses }, tokens: 1 }]),
    ...calls.flatMap(callPieces),
  ]
}

export function finishOf({ finish, calls = [] }: Said): string {
  return finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')
}

/** The same as a whole message. */
export function messageOf(said: Said): object {
  const { thinks, calls = [], refuses } = said
  const text = textsOf(said).join('')
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refuses !== undefined) ? null : text,
    ...(refuses === undefined ? {} : { refusal: refuses }),
    ...(thinks === undefined ? {} : { reasoning_content: thinks }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map((name, index) => ({
            id: `call_${index}`,
            type: 'function',
            function: { name, arguments: ARGUMENTS.join('') },
          })),
        }),
  }
}

/** Of a whole message; null where none were asked for. */
export function wholeLogprobs(said: Said): object | null {
  if (!said.hasLogprobs) return null
  const content = textsOf(said).flatMap((text) => (logprobsOf(text) as { content: [] }).content)
  return { content, refusal: null }
}
