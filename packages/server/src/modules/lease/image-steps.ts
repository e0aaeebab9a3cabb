/**
 * Has the image of a lease ready before its attempt is admitted. Nothing runs and nothing is billed meanwhile; what the
 * image was found to be is written down before anything is started from it.
 */
import { renderMebibytes } from '#kernel/byte-size.ts'
import { inTransaction } from '#platform/db/database.ts'
import type { Admission, ImageState } from '#platform/engines/engine.ts'
import { attemptId, type Lease } from './lease.ts'
import { recordFact } from './record.ts'
import { openLogin } from './registry-service.ts'
import type { LeaseStepDeps } from './step-deps.ts'
import * as store from './store.ts'

export type Preparation =
  /** What the admission says of the image. */
  | { readonly kind: 'ready'; readonly image: Pick<Admission, 'image'> }
  | { readonly kind: 'wait' }
  /** It cannot be had, and nothing of the attempt was ever started. */
  | { readonly kind: 'failed'; readonly text: string }

const WAIT = { kind: 'wait' } as const

function readyWith({ image }: Lease, digest: string | null): Preparation {
  if (image === null || digest === null) return { kind: 'ready', image: {} }
  return { kind: 'ready', image: { image: { reference: image, digest } } }
}

export async function prepareImage(deps: LeaseStepDeps, lease: Lease): Promise<Preparation> {
  if (lease.image === null) return readyWith(lease, null)
  const engine = deps.engines.of(lease.pool)
  const id = attemptId(lease)
  // What was admitted has its image already.
  if ((await engine.observe(id)).state !== 'absent') return readyWith(lease, lease.imageDigest)
  const state = await engine.prepareImage?.({
    reference: lease.image,
    digest: lease.imageDigest,
    ...(await openLogin(deps.database, lease, deps.pepper)),
  })
  if (state === undefined || state.kind === 'failed') {
    // A start may be under way that the engine had not heard of.
    if ((await engine.confirmGone(id)) !== 'gone') return WAIT
    return { kind: 'failed', text: state?.text ?? `${lease.pool} runs no images any more` }
  }
  if (state.kind === 'ready') return noteReady(deps, lease, state)
  await notePulling(deps, lease, state)
  return WAIT
}

async function notePulling(
  deps: LeaseStepDeps,
  lease: Lease,
  { bytesTotal }: Extract<ImageState, { kind: 'pulling' }>,
): Promise<void> {
  if (bytesTotal === null) return
  if (await store.hasFact(deps.database, lease, 'lease.image_pulling')) return
  const text = `Loads the image ${lease.image}: ${renderMebibytes(bytesTotal)}. Nothing is billed meanwhile.`
  await inTransaction(deps.database, (tx) =>
    recordFact(tx, lease, {
      ...{ at: deps.now(), type: 'lease.image_pulling', text },
      data: { image: lease.image, bytesTotal },
    }),
  )
}

/** The attempt is started from this image, whatever its tag says later. */
async function noteReady(
  deps: LeaseStepDeps,
  lease: Lease,
  { digest, bytes, pulledBytes }: Extract<ImageState, { kind: 'ready' }>,
): Promise<Preparation> {
  if (lease.imageDigest !== null) return readyWith(lease, lease.imageDigest)
  const loaded = pulledBytes === 0 ? 'it was here' : `${renderMebibytes(pulledBytes)} loaded`
  return inTransaction(deps.database, async (tx) => {
    const now = await store.lockLease(tx, lease.id)
    if (now?.state !== 'starting' || now.attempt !== lease.attempt) return WAIT
    await store.changeLease(tx, lease.id, { imageDigest: digest })
    await recordFact(tx, lease, {
      at: deps.now(),
      type: 'lease.image_ready',
      text: `The image ${lease.image} is ${digest}: ${loaded}, ${renderMebibytes(bytes)} unpacked.`,
      data: { image: lease.image, digest, bytes, pulledBytes },
    })
    return readyWith(lease, digest)
  })
}
