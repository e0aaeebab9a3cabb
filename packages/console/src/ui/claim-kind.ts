/** Claim kinds as they look everywhere: order, word, short label, colour. `free` is the absence of a claim. */

export type SlotUse =
  | 'anchor'
  | 'reserved'
  | 'on_demand'
  | 'spot'
  | 'flex'
  | 'serving'
  | 'maintenance'
  | 'faulty'
  | 'draining'
  | 'free'

export interface KindLook {
  readonly kind: SlotUse
  readonly word: string
  /** Two letters, for cells too small for a word. */
  readonly short: string
  /** CSS variable of the fill; null where only an outline is drawn. */
  readonly colour: string | null
  readonly isHatched: boolean
  readonly note: string
}

function look(
  kind: SlotUse,
  word: string,
  rest: Pick<KindLook, 'short' | 'colour' | 'note'> & { readonly isHatched?: boolean },
): KindLook {
  return { kind, word, isHatched: false, ...rest }
}

/** In stacking order: firm work at the bottom of a chart, free at the top. */
export const KIND_LOOKS: readonly KindLook[] = [
  look('anchor', 'anchor', { short: 'AN', colour: '--kind-anchor', note: 'the owner’s own work' }),
  look('reserved', 'reserved', {
    short: 'RS',
    colour: '--kind-reserved',
    note: 'sold firm, never reclaimed',
  }),
  look('serving', 'serving', { short: 'SV', colour: '--kind-serving', note: 'model replicas' }),
  look('on_demand', 'on demand', {
    short: 'OD',
    colour: '--kind-on-demand',
    note: 'reclaimed only with long notice',
  }),
  look('spot', 'spot', { short: 'SP', colour: '--kind-spot', note: 'reclaimed with notice' }),
  look('flex', 'flex', {
    short: 'FX',
    colour: '--kind-flex',
    note: 'fills gaps, may stop at once',
  }),
  look('draining', 'draining', {
    short: 'DR',
    colour: '--kind-maintenance',
    isHatched: true,
    note: 'neither free nor sold',
  }),
  look('maintenance', 'maintenance', {
    short: 'MT',
    colour: '--kind-maintenance',
    isHatched: true,
    note: 'taken out by the operator',
  }),
  look('faulty', 'faulty', { short: 'FT', colour: '--kind-faulty', note: 'broken' }),
  look('free', 'free', { short: '—', colour: null, note: 'could be sold' }),
]

const LOOK_BY_KIND = new Map(KIND_LOOKS.map((each) => [each.kind, each]))

export function kindLook(kind: SlotUse): KindLook {
  const found = LOOK_BY_KIND.get(kind)
  if (found === undefined) throw new Error(`No look is declared for the claim kind ${kind}.`)
  return found
}

/** The look of a kind that a newer server may have added: shown by its own name, in grey. */
export function kindLookOf(kind: string): KindLook {
  return (
    LOOK_BY_KIND.get(kind as SlotUse) ?? {
      kind: kind as SlotUse,
      word: kind.replaceAll('_', ' '),
      short: kind.slice(0, 2).toUpperCase(),
      colour: '--kind-maintenance',
      isHatched: false,
      note: '',
    }
  )
}
