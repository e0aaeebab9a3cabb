/** Finds the thing that an abbreviated identifier means, by asking the server for the candidates. */
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { isWholeId, matchId } from '../parse/identifier.ts'

export interface Candidate {
  readonly id: string
  /** Told to people beside the id, where several match. */
  readonly label: string
  /** A whole name that only one has means what its id means. */
  readonly name?: string
}

export interface Search {
  readonly prefix: string
  /** Singular, for sentences. */
  readonly noun: string
  /** The command that lists them all. */
  readonly listing: string
  readonly candidates: () => Promise<readonly Candidate[]>
}

const SHOWN_MAX = 8

/** The whole id. One that is whole already is not looked up: the server answers for it. */
export async function findId(text: string, search: Search): Promise<string> {
  if (isWholeId(search.prefix, text)) return text
  const candidates = await search.candidates()
  const named = candidates.filter((candidate) => candidate.name === text)
  if (named.length === 1 && named[0]) return named[0].id
  const match = matchId(
    text,
    candidates.map((candidate) => candidate.id),
  )
  if (match.kind === 'one') return match.id
  if (match.kind === 'none')
    throw new Failure(`No ${search.noun} is meant by “${text}”: no id starts or ends so.`, {
      remedy: `List them with \`${search.listing}\`.`,
    })
  const several = candidates.filter((candidate) => match.ids.includes(candidate.id))
  const shown = several.slice(0, SHOWN_MAX).map(({ id, label }) => `${id}  ${label}`)
  const hidden = several.length - shown.length
  throw new Failure(`“${text}” could be ${several.length} ${search.noun}s; write more of the id.`, {
    exitCode: EXIT.usage,
    lines: hidden > 0 ? [...shown, `and ${hidden} more`] : shown,
  })
}
