/** What is set among the advanced fields of a lease, in a few words each. Pure. */
import { plural } from '../../ui/format/numbers.ts'
import { EMPTY_DRAFT, type LeaseDraft } from './lease-draft.ts'

function countOf(text: string, noun: string): string {
  const count = text.split('\n').filter((line) => line.trim() !== '').length
  return count === 0 ? '' : plural(count, noun)
}

const REQUEUE_WORDS: Record<LeaseDraft['requeue'], string> = {
  never: '',
  on_reclaim: 'starts again after a reclaim',
  on_failure: 'starts again after a reclaim or a failure',
}

/** Empty while everything is as it comes. */
export function advancedWords(draft: LeaseDraft): readonly string[] {
  const isSet = (field: keyof LeaseDraft): boolean => draft[field].trim() !== EMPTY_DRAFT[field]
  const hasTerms = draft.kind !== 'anchor' && draft.mode !== 'interactive'
  return [
    draft.nodes.trim() === '' ? '' : `${draft.nodes.trim()} nodes`,
    draft.fabric === 'same' ? 'one fabric' : '',
    draft.site === '' ? '' : `at ${draft.site}`,
    countOf(draft.inputs, 'input'),
    countOf(draft.outputs, 'output'),
    hasTerms ? REQUEUE_WORDS[draft.requeue] : '',
    hasTerms && isSet('noticeSignal') ? `notice by ${draft.noticeSignal}` : '',
    isSet('graceSeconds') ? `${draft.graceSeconds.trim()} s of grace` : '',
    countOf(draft.environment, 'variable'),
    countOf(draft.secrets, 'secret'),
    isSet('workingDirectory') ? `in ${draft.workingDirectory.trim()}` : '',
  ].filter((words) => words !== '')
}
