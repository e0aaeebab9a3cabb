/** Sets guardrails, refuses what could not be looked for, and says what they would make of a text. */
import type { GuardrailTrial } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { findModel } from '#modules/catalog/index.ts'
import { hasProject } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type Guardrail, guardrailsFor } from './guardrail.ts'
import { makeGuards } from './guards-service.ts'
import { Screen } from './screen.ts'
import { lockGuardrails, removeGuardrail, selectGuardrails, upsertGuardrail } from './store.ts'

/** Each is looked for in every text of every request. */
const GUARDRAILS_MAX = 50
const SCHEMA_CHARACTERS_MAX = 65_536

export type GuardrailSetting = Omit<Guardrail, 'id' | 'createdAt' | 'projectId' | 'toModel'> & {
  readonly projectId?: string | undefined
  readonly toModel?: string | undefined
}

interface Wrong {
  readonly field: string
  readonly message: string
}

function whyNotMode({ mode, side, toModel, check }: GuardrailSetting): Wrong | null {
  const { kind } = check
  if (mode === 'redact' && !['pattern', 'pii', 'words'].includes(kind))
    return { field: 'body.mode', message: 'only what stands in a text can be redacted' }
  if (mode === 'route' && side !== 'input')
    return { field: 'body.mode', message: 'only a request can be routed: say side input' }
  if ((mode === 'route') !== (toModel !== undefined))
    return { field: 'body.toModel', message: 'is the model for mode route, and only for it' }
  if (kind === 'json_schema' && side !== 'output')
    return { field: 'body.side', message: 'a schema is for answers: say side output' }
  if (kind === 'model' && side !== 'input')
    return { field: 'body.side', message: 'a model is asked about requests: say side input' }
  return null
}

function whyNotCheck(setting: GuardrailSetting): Wrong | null {
  const { check } = setting
  if (check.kind === 'json_schema' && JSON.stringify(check.schema).length > SCHEMA_CHARACTERS_MAX)
    return { field: 'body.check.schema', message: 'is larger than 64 kB' }
  try {
    makeGuards(
      [{ ...setting, id: '', projectId: null, toModel: null, createdAt: new Date(0) }],
      setting.side === 'output' ? 'output' : 'input',
    )
    return null
  } catch (error) {
    const field = check.kind === 'json_schema' ? 'body.check.schema' : 'body.check.pattern'
    return { field, message: error instanceof Error ? error.message : String(error) }
  }
}

async function requireModel(tx: Db, field: string, model: string | undefined): Promise<void> {
  if (model === undefined || (await findModel(tx, model)) !== null) return
  throw new Fault('model.not_found', `There is no model ${model}.`, {
    fields: [{ field, message: 'is no model of this installation' }],
  })
}

async function requireProject(tx: Db, { projectId: id, organizationId }: GuardrailSetting) {
  if (id === undefined || (await hasProject(tx, { id, organizationId }))) return
  const [field, message] = ['body.projectId', 'is no project of yours']
  throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

export async function setGuardrail(
  tx: Db,
  setting: GuardrailSetting,
  { ids, now }: { readonly ids: IdSource; readonly now: Date },
): Promise<Guardrail> {
  const wrong = whyNotMode(setting) ?? whyNotCheck(setting)
  if (wrong)
    throw new Fault('guardrail.wrong', `${wrong.field}: ${wrong.message}`, { fields: [wrong] })
  await requireProject(tx, setting)
  await requireModel(tx, 'body.toModel', setting.toModel)
  if (setting.check.kind === 'model')
    await requireModel(tx, 'body.check.model', setting.check.model)
  await lockGuardrails(tx, setting.organizationId)
  const { projectId = null, toModel = null, ...rest } = setting
  const guardrail = { ...rest, projectId, toModel, id: newId('guardrail', ids), createdAt: now }
  const known = await selectGuardrails(tx, setting.organizationId)
  const isNew = known.every((each) => each.name !== rest.name || each.projectId !== projectId)
  if (isNew && known.length >= GUARDRAILS_MAX)
    throw new Fault(
      'guardrail.too_many',
      `There are ${known.length} guardrails, and no more may be.`,
    )
  return upsertGuardrail(tx, guardrail)
}

export async function deleteGuardrail(
  tx: Db,
  which: { readonly id: string; readonly organizationId: string },
): Promise<void> {
  if (!(await removeGuardrail(tx, which)))
    throw new Fault('guardrail.not_found', `There is no guardrail ${which.id}.`)
}

export interface Trial {
  readonly side: 'input' | 'output'
  readonly text: string
  readonly projectId: string
}

/** What an organization's guardrails would make of a text. Models are not asked. Pure. */
export function tryGuardrails(
  guardrails: readonly Guardrail[],
  { side, text, projectId }: Trial,
): GuardrailTrial {
  const guards = makeGuards(guardrailsFor(guardrails, projectId), side)
  if (guards === null) return { outcome: 'passed', text, toModel: null, findings: [], notAsked: [] }
  const screen = new Screen(guards)
  const screened = screen.screen(text)
  if (side === 'output') screen.validate(screened)
  const { verdict } = screen
  return {
    outcome: verdict.kind,
    text: verdict.kind === 'blocked' ? null : screened,
    toModel: verdict.kind === 'routed' ? verdict.toModel : null,
    findings: [...screen.findings()],
    notAsked: guards.models.map(({ guardrail }) => guardrail.name),
  }
}
