/** Guardrails over HTTP. Each organization sees and sets its own. */
import type { IdSource } from '#kernel/ids.ts'
import type { Routes } from '#platform/http/handler.ts'
import type { Guardrail } from './guardrail.ts'
import { deleteGuardrail, setGuardrail, tryGuardrails } from './service.ts'
import { selectGuardrails } from './store.ts'

type Names = 'listGuardrails' | 'setGuardrail' | 'deleteGuardrail' | 'tryGuardrails'

function render({ createdAt, ...guardrail }: Guardrail) {
  return { ...guardrail, createdAt: createdAt.toISOString() }
}

export function guardrailRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listGuardrails: async ({ db, principal }) => ({
      items: (await selectGuardrails(db, principal.organizationId)).map(render),
      nextCursor: null,
    }),
    setGuardrail: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId } = principal
      const guardrail = await setGuardrail(db, { ...body, organizationId }, { ids, now })
      setTarget(guardrail.id)
      return render(guardrail)
    },
    deleteGuardrail: async ({ db, principal, params }) => {
      await deleteGuardrail(db, { id: params.id, organizationId: principal.organizationId })
      return { ok: true as const }
    },
    tryGuardrails: async ({ db, principal, body: { projectId = principal.projectId, ...body } }) =>
      tryGuardrails(await selectGuardrails(db, principal.organizationId), { ...body, projectId }),
  }
}
