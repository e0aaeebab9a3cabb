/** Every error code: HTTP status, title, and what to do. The problem-details renderer and `errors.md` read this. */
import { BATCH_ERRORS } from './batch-errors.ts'
import { BLOCK_ERRORS } from './block-errors.ts'
import { CONTENT_ERRORS } from './content-errors.ts'
import { GUARDRAIL_ERRORS } from './guardrail-errors.ts'
import { LIMIT_ERRORS } from './limit-errors.ts'
import { MODEL_ERRORS } from './model-errors.ts'

export interface ErrorDeclaration {
  readonly status: number
  readonly title: string
  /** What the reader should do next, as a sentence. */
  readonly remedy: string
}

export const ERRORS = {
  'request.invalid': {
    status: 400,
    title: 'The request is not valid',
    remedy: 'Correct the fields named in `fields`, then send it again.',
  },
  'request.malformed': {
    status: 400,
    title: 'The body is not JSON',
    remedy: 'Send one JSON document with Content-Type application/json.',
  },
  'request.too_large': {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send less than the limit named in the message.',
  },
  'request.not_found': {
    status: 404,
    title: 'No such address',
    remedy: 'See /api/openapi.json for what exists.',
  },
  'request.idempotency_conflict': {
    status: 409,
    title: 'The Idempotency-Key was used for another request',
    remedy: 'Use a new key for a new request; repeat the first one unchanged to get its answer.',
  },
  'credential.missing': {
    status: 401,
    title: 'No credential',
    remedy: 'Send Authorization: Bearer with a key from credentials.json, or sign in.',
  },
  'credential.invalid': {
    status: 401,
    title: 'The credential is not valid',
    remedy: 'Check the key; it may be mistyped, revoked or of another installation.',
  },
  'permission.denied': {
    status: 403,
    title: 'Not permitted',
    remedy: 'Use a credential whose role carries the permission named in the message.',
  },
  'registry.not_found': {
    status: 404,
    title: 'No login at this registry',
    remedy: 'List your logins with `spillway registry list`.',
  },
  'lease.not_found': {
    status: 404,
    title: 'No such lease',
    remedy: 'List your leases with `spillway lease list`.',
  },
  'lease.isolation_unavailable': {
    status: 409,
    title: 'The pool cannot keep customers apart',
    remedy:
      'Lease on another pool. The operator can install what is missing, such as bubblewrap, and start Spillway again, or, trusting every customer, write `isolation: none` for the pool in the fleet file.',
  },
  'lease.path_refused': {
    status: 409,
    title: 'The command would not see that path',
    remedy:
      'Leave `workingDirectory` out, or name a folder in the work folder that the command starts in; bring files along by URL.',
  },
  'lease.image_refused': {
    status: 409,
    title: 'The image cannot be run',
    remedy:
      'Name an image of a registry that the pool takes images from; `spillway fleet` shows them. The operator names registries under `images` of a local pool in the fleet file.',
  },
  'lease.already_ended': {
    status: 409,
    title: 'The lease has ended',
    remedy: 'Create a new lease; an ended one is kept for the record.',
  },
  'lease.not_ours': {
    status: 409,
    title: 'The engine runs this by itself',
    remedy: 'Stop it where it was started, such as with `scancel`.',
  },
  'lease.still_present': {
    status: 409,
    title: 'The lease is not known to be gone',
    remedy:
      'Stop it and wait; where the engine cannot tell, switch the machine off first and say that it is fenced.',
  },
  'node.not_found': {
    status: 404,
    title: 'No such node',
    remedy: 'List the nodes with `spillway node list`.',
  },
  'node.in_use': {
    status: 409,
    title: 'The node is in use',
    remedy: 'Drain it and wait until nothing runs there; see `spillway node show`.',
  },
  'reclaim.not_found': {
    status: 404,
    title: 'No such reclaim',
    remedy: 'List reclaims with `spillway reclaim list`.',
  },
  'lease.over_capacity': {
    status: 409,
    title: 'More GPUs than the nodes of the pool could ever give',
    remedy: 'Ask for at most what the message names, or name another pool.',
  },
  'lease.price_below_market': {
    status: 409,
    title: 'The maximum price is below the pool\u2019s price',
    remedy: 'Raise --max-price to the price named in the message, or choose another tier.',
  },
  'quote.not_found': {
    status: 404,
    title: 'No such quote',
    remedy: 'Ask for one with `spillway quote create`.',
  },
  'quote.over': {
    status: 409,
    title: 'The quote does not hold any more',
    remedy:
      'Ask for a new one with `spillway quote create`: this one was used, or its time is over.',
  },
  'order.not_found': {
    status: 404,
    title: 'No such order',
    remedy: 'List your orders with `spillway order list`.',
  },
  'order.closed': {
    status: 409,
    title: 'The order is not open any more',
    remedy: 'See with `spillway order show` what became of it; stop the lease of a filled one.',
  },
  'order.limit_below_reserve': {
    status: 409,
    title: 'The limit is below the reserve price',
    remedy:
      'Raise --max-price to the reserve named in the message; `spillway price reserve` shows the rule that it follows from.',
  },
  ...BLOCK_ERRORS,
  ...MODEL_ERRORS,
  'clearing.not_found': {
    status: 404,
    title: 'No such clearing',
    remedy: 'List clearings with `spillway clearing list`.',
  },
  'lease.artifact_not_found': {
    status: 404,
    title: 'No such file',
    remedy: 'List what there is with `spillway lease artifacts`.',
  },
  'lease.not_a_service': {
    status: 409,
    title: 'The lease has no port',
    remedy: 'Create a lease of mode `service`, and name the port that its command listens on.',
  },
  'lease.not_running': {
    status: 503,
    title: 'The lease does not run now',
    remedy: 'Wait until it runs: `spillway lease show` says what it waits for.',
  },
  'lease.service_unreachable': {
    status: 502,
    title: 'The service does not answer',
    remedy:
      'Look at its log with `spillway lease logs`: it has to listen on $SPILLWAY_PORT, on 127.0.0.1 or on all addresses.',
  },
  'pool.not_found': {
    status: 404,
    title: 'No such pool',
    remedy: 'List the pools with `spillway pool list`.',
  },
  'pool.none_matches': {
    status: 409,
    title: 'No pool is what was asked for',
    remedy:
      'Ask for what the message names as nearest, or list the pools with `spillway pool list`.',
  },
  'model.not_found': {
    status: 404,
    title: 'No such model',
    remedy: 'List the models with `spillway model list`.',
  },
  'deployment.not_found': {
    status: 404,
    title: 'No such deployment',
    remedy: 'List deployments with `spillway deployment list`.',
  },
  'deployment.name_taken': {
    status: 409,
    title: 'A model of that name exists',
    remedy: 'Choose another name for the model.',
  },
  'deployment.bounds_wrong': {
    status: 400,
    title: 'The bounds do not fit together',
    remedy:
      'Write a minimum that is not above the maximum. With the policy `fixed` both are the number of replicas.',
  },
  'deployment.upstream_unreachable': {
    status: 502,
    title: 'The upstream does not answer',
    remedy: 'Check that the server runs at the address and speaks the OpenAI dialect.',
  },
  'organization.not_found': {
    status: 404,
    title: 'No such organization',
    remedy: 'List organizations with `spillway organization list`.',
  },
  'organization.name_taken': {
    status: 409,
    title: 'An organization of that name exists',
    remedy: 'Choose another name.',
  },
  'simulation.not_found': {
    status: 404,
    title: 'No such simulation',
    remedy: 'List simulations with `spillway simulation list`.',
  },
  'simulation.scenario_refused': {
    status: 400,
    title: 'The scenario cannot be simulated',
    remedy: 'Correct what the message names, by line or field; compare examples/plan.yaml.',
  },
  'simulation.limit_reached': {
    status: 409,
    title: 'As many simulations wait as may',
    remedy: 'Wait for one to end, or cancel one with `spillway simulation cancel`.',
  },
  'simulation.over': {
    status: 409,
    title: 'The simulation is over',
    remedy: 'Look at its result with `spillway simulation show`.',
  },
  'upstream.not_found': {
    status: 404,
    title: 'No such upstream',
    remedy: 'List upstreams with `spillway upstream list`.',
  },
  'upstream.exists': {
    status: 409,
    title: 'The server answers for this model already',
    remedy: 'Change it with `spillway upstream update`, or remove it first.',
  },
  'upstream.model_exists': {
    status: 409,
    title: 'The model is in the catalog already, with its own prices',
    remedy: 'Leave out context and prices: they stay what they are.',
  },
  'upstream.address_refused': {
    status: 400,
    title: 'This address is not asked',
    remedy:
      'Use https for an address on the public internet. One in a network of yours, or on this machine, has to be allowed: `--private-network`. Link-local and reserved addresses are never asked.',
  },
  'route.target_unknown': {
    status: 409,
    title: 'The route names what there is not',
    remedy:
      'Name upstreams of the model, pools of the fleet and other models of the catalog; `spillway route show` lists the servers.',
  },
  'route.changed_meanwhile': {
    status: 409,
    title: 'The route was changed meanwhile',
    remedy: 'Read it again, and set your change on top of what it is now.',
  },
  'route_constraint.not_found': {
    status: 404,
    title: 'The project has no constraint',
    remedy: 'List constraints with `spillway route constraint list`.',
  },
  'project.not_found': {
    status: 404,
    title: 'No such project',
    remedy: 'Name a project of your organization.',
  },
  'webhook.not_found': {
    status: 404,
    title: 'No such webhook',
    remedy: 'List your webhooks with `spillway webhook list`.',
  },
  'webhook.delivery_not_found': {
    status: 404,
    title: 'No such delivery',
    remedy: 'List the deliveries with `spillway webhook deliveries`; old ones are removed.',
  },
  'webhook.address_refused': {
    status: 400,
    title: 'Nothing is sent to this address',
    remedy: 'Use an https address on the public internet, such as https://example.com/hooks.',
  },
  'webhook.limit_reached': {
    status: 409,
    title: 'There are as many webhooks as may be',
    remedy: 'Delete one that is not needed any more, then create this one.',
  },
  'webhook.disabled': {
    status: 409,
    title: 'The webhook is disabled',
    remedy: 'Repair the endpoint, then enable it with `spillway webhook enable`.',
  },
  'balance.insufficient': {
    status: 402,
    title: 'The balance cannot pay for this',
    remedy: 'Add credit, or ask for less: the message names what is available and what is needed.',
  },
  'database.unavailable': {
    status: 503,
    title: 'The database is not available',
    remedy: 'Try again shortly; nothing was changed.',
  },
  'server.unavailable': {
    status: 503,
    title: 'The server is starting or restarting',
    remedy: 'Try again shortly; nothing was changed.',
  },
  'server.defect': {
    status: 500,
    title: 'A fault of ours',
    remedy: 'Report the request id to the operator; nothing more is known to the caller.',
  },
  ...LIMIT_ERRORS,
  ...CONTENT_ERRORS,
  ...GUARDRAIL_ERRORS,
  ...BATCH_ERRORS,
} as const satisfies Record<string, ErrorDeclaration>

export type ErrorCode = keyof typeof ERRORS
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[]

/** Codes that any endpoint may answer. */
export const COMMON_ERRORS = [
  'request.invalid',
  'request.malformed',
  'request.too_large',
  'request.idempotency_conflict',
  'credential.missing',
  'credential.invalid',
  'permission.denied',
  'database.unavailable',
  'server.defect',
] as const satisfies readonly ErrorCode[]
