/** Generated from the migrated database by `npm run generate`; do not edit. The tables as Kysely sees them. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

export interface AnchorDemandTable {
  pool_name: string
  at: Date
  running_gpus: number
  pending_gpus: number
  running_jobs: number
  pending_jobs: number
}

export interface ApiKeyTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  role: string
  secret_hash: string
  hint: string
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
  scopes: string[] | null
  models: string[] | null
  networks: string[] | null
  expires_at: Date | null
  replaced_by: string | null
  succeeds: string | null
}

export interface AuditEventTable {
  id: string
  at: Date
  actor: string
  organization_id: string
  action: string
  target: string | null
  outcome: string
  request_id: string
}

export interface BalanceTable {
  account_id: string
  posted: Generated<string>
  held: Generated<string>
  credit_limit: Generated<string>
  is_limited: boolean
}

export interface BatchTable {
  id: string
  organization_id: string
  project_id: string
  principal: ColumnType<unknown, string, string>
  endpoint: string
  model: string | null
  input_file_id: string
  output_file_id: string | null
  error_file_id: string | null
  metadata: ColumnType<unknown, string | null | undefined, string | null>
  state: string
  faults: ColumnType<unknown, string | undefined, string>
  created_at: Date
  expires_at: Date
  started_at: Date | null
  finalizing_at: Date | null
  cancelling_at: Date | null
  ended_at: Date | null
  total: Generated<number>
  completed: Generated<number>
  failed: Generated<number>
  input_tokens: Generated<bigint>
  cached_tokens: Generated<bigint>
  output_tokens: Generated<bigint>
  reasoning_tokens: Generated<bigint>
}

export interface BatchLineTable {
  batch_id: string
  number: number
  custom_id: string
  byte_offset: bigint
  byte_length: number
  state: Generated<string>
  failures: Generated<number>
  claim: string | null
  claimed_until: Date | null
  result: string | null
  input_tokens: Generated<number>
  cached_tokens: Generated<number>
  output_tokens: Generated<number>
  reasoning_tokens: Generated<number>
}

export interface BlockTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  state: string
  text: string
  pool_name: string
  gpus: number
  nodes: number
  fabric: string
  starts_at: Date
  ends_at: Date
  price_id: string
  sku: string
  price_usd: string
  hold_id: string
  charged_until: Date
  created_at: Date
  ready_at: Date | null
  closed_at: Date | null
  missing_gpu_ms: bigint | null
  used_gpu_ms: bigint | null
  credit_usd: string | null
  credit_transaction_id: string | null
  free_hours: number | null
  fee_percent: number | null
  fee_usd: string | null
}

export interface BlockFactTable {
  block_id: string
  id: GeneratedAlways<bigint>
  at: Date
  type: string
  text: string
}

export interface BlockPolicyTable {
  id: GeneratedAlways<bigint>
  free_hours: number
  fee_percent: number
  set_at: Date
}

export interface BookingTable {
  id: string
  organization_id: string
  pool_name: string
  gpus: number
  nodes: number
  fabric: string
  lead_ms: number
  starts_at: Date
  ends_at: Date
  nodes_lent: Generated<number>
  closed_at: Date | null
}

export interface BudgetTable {
  id: string
  organization_id: string
  project_id: string | null
  api_key_id: string | null
  end_user: string | null
  period: string
  set_by: string
  amount: string
  alerts: number[]
  set_at: Date
}

export interface BudgetLeaseTable {
  id: string
  budget_id: string
  subject: string
  starts_at: Date
  writer: string
  granted: string
  spent: Generated<string>
}

export interface BudgetPeriodTable {
  budget_id: string
  subject: string
  starts_at: Date
  leased: Generated<string>
  spent: Generated<string>
  alerted: Generated<number>
}

export interface CacheDayTable {
  project_id: string
  day: string
  hits: bigint
  misses: bigint
  hit_tokens: bigint
}

export interface CachedAnswerTable {
  id: string
  project_id: string
  generation: string
  model: string
  request_id: string
  sealed: string
  bytes: number
  input_tokens: number
  output_tokens: number
  made_at: Date
  expires_at: Date
  used_at: Date
}

export interface ClaimTable {
  id: string
  node_id: string
  slots: string
  kind: string
  lease_id: string | null
  organization_id: string | null
  starts_at: Date
  ends_at: Date | null
  draining_from: Date | null
  reason: string | null
  block_id: string | null
}

export interface ClearingTable {
  id: string
  pool_name: string
  window_ends_at: Date
  is_quoted: boolean
  reserve_usd: string
  price_usd: string
  bids: number
  accepted: number
  gpus_offered: number
  gpus_sold: number
  log: ColumnType<unknown, string, string>
  guarantee_hours: Generated<number>
}

export interface ContentPolicyTable {
  project_id: string
  organization_id: string
  cache: string
  cache_ttl_s: number
  is_sampled_cached: boolean
  generation: string
  set_by: string
  set_at: Date
  stored_days: number | null
}

export interface DemandForecastTable {
  pool_name: string
  hour: Date
  horizon_hours: number
  capacity_gpus: number
  peak: number[]
  fallback: string | null
  offered_gpus: number | null
}

export interface DeploymentTable {
  id: string
  model_name: string
  source: string
  pool_name: string | null
  replicas_wanted: Generated<number>
  weights: string | null
  upstream_url: string | null
  upstream_model: string | null
  created_at: Date
  policy: Generated<string>
  replicas_min: Generated<number>
  replicas_max: Generated<number>
  idle_ms: Generated<number>
  steady_ms: Generated<number>
  band_ppm: Generated<number>
  declared: ColumnType<unknown, string | null | undefined, string | null>
  allows_private_network: Generated<boolean>
  server: ColumnType<unknown, string | null | undefined, string | null>
}

export interface EventTable {
  id: GeneratedAlways<bigint>
  xid: Generated<string>
  at: Date
  type: string
  organization_id: string | null
  subject: string
  data: ColumnType<unknown, string | undefined, string>
}

export interface FaultCreditTable {
  lease_id: string
  attempt: number
  gpus: number
  price_usd: string
  good_until: Date
  charged_until: Date
  amount_usd: string
  ledger_transaction_id: string
}

export interface FileTable {
  id: string
  organization_id: string
  project_id: string
  purpose: string
  name: string
  size: Generated<bigint>
  state: string
  created_at: Date
  expires_at: Date
}

export interface FileChunkTable {
  file_id: string
  ordinal: number
  content: Buffer
}

export interface GuardrailTable {
  id: string
  organization_id: string
  project_id: string | null
  name: string
  position: number
  side: string
  mode: string
  to_model: string | null
  looks_for: ColumnType<unknown, string, string>
  created_at: Date
}

export interface HealthCheckTable {
  id: string
  pool_name: string
  node_id: string
  slots: number
  state: string
  started_at: Date
  ended_at: Date | null
  text: Generated<string>
}

export interface HeldRequestTable {
  model_name: string
  writer: string
  requests: number
  at: Date
}

export interface HoldTable {
  id: string
  account_id: string
  amount: string
  settled: Generated<string>
  purpose: string
  reference: string
  state: string
  created_at: Date
}

export interface IdempotentRequestTable {
  organization_id: string
  endpoint: string
  key: string
  request_hash: string
  status: number
  answer: ColumnType<unknown, string, string>
  at: Date
}

export interface JournalPositionTable {
  writer: string
  segment: number
  byte_offset: bigint
  is_closed: Generated<boolean>
  at: Date
}

export interface KeyedCallTable {
  id: string
  organization_id: string
  request_hash: string
  state: string
  why: string | null
  event_id: string
  request_id: string
  writer: string
  sealed: string | null
  bytes: Generated<number>
  at: Date
}

export interface LeaseTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  kind: string
  state: string
  pool_name: string
  gpus: number
  command: ColumnType<unknown, string, string>
  environment: ColumnType<unknown, string, string>
  working_directory: string | null
  requeue: string
  notice_signal: string | null
  notice_ms: number
  grace_ms: number
  time_limit_ms: bigint | null
  max_price_usd: string | null
  price_id: string | null
  price_usd: string | null
  hold_id: string | null
  created_at: Date
  attempt: Generated<number>
  started_at: Date | null
  metered_until: Date | null
  waiting_for: string | null
  reclaim_reason: string | null
  reclaim_for: string | null
  notice_at: Date | null
  stop_at: Date | null
  stopped_at: Date | null
  ended_at: Date | null
  end_reason: string | null
  exit_code: number | null
  exit_signal: string | null
  placed_at: Date | null
  nodes: number
  placements: ColumnType<unknown, string | undefined, string>
  mode: Generated<string>
  service: ColumnType<unknown, string | null | undefined, string | null>
  fabric: Generated<string>
  engine_run: string | null
  secret_names: Generated<string[]>
  sealed: ColumnType<unknown, string | null | undefined, string | null>
  terms: ColumnType<unknown, string | null | undefined, string | null>
  reclaims_month: string | null
  reclaims_in_month: Generated<number>
  checkpoint_at: Date | null
  risk_at: Date | null
  risk_told_at: Date | null
  billable_until: Date | null
  files: ColumnType<unknown, string | undefined, string>
  files_discarded_at: Date | null
  failures_max: Generated<number>
  failures: Generated<number>
  retry_at: Date | null
  ran_ms: Generated<bigint>
  idle_limit_ms: bigint | null
  agreed_price_id: string | null
  agreed_sku: string | null
  agreed_price_usd: string | null
  image: string | null
  image_digest: string | null
  block_id: string | null
  after_block: string | null
}

export interface LeaseFactTable {
  lease_id: string
  id: GeneratedAlways<bigint>
  at: Date
  type: string
  text: string
  data: ColumnType<unknown, string | undefined, string>
}

export interface LeaseHealthTable {
  lease_id: string
  attempt: number
  state: string
  text: string
  at: Date
}

export interface LedgerAccountTable {
  id: string
  kind: string
  organization_id: string | null
  currency: string
}

export interface LedgerEntryTable {
  transaction_id: string
  leg: number
  account_id: string
  amount: string
}

export interface LedgerTransactionTable {
  id: string
  at: Date
  kind: string
  source: string
}

export interface MarketOrderTable {
  id: string
  sequence: GeneratedAlways<bigint>
  organization_id: string
  project_id: string
  tier: string
  state: string
  pool_name: string
  gpus: number
  nodes: number
  fabric: string
  limit_usd: string | null
  request: ColumnType<unknown, string, string>
  hold_id: string | null
  lease_id: string | null
  clearing_id: string | null
  price_usd: string | null
  text: string
  created_at: Date
  expires_at: Date | null
  closed_at: Date | null
  guarantee_hours: Generated<number>
}

export interface ModelTable {
  name: string
  display_name: string
  description: string
  publisher: string
  licence: string
  is_toy: boolean
  context_tokens: number
  input_sku: string
  output_sku: string
  retired_at: Date | null
  is_embedding: Generated<boolean>
}

export interface ModelAccessTable {
  project_id: string
  set_by: string
  organization_id: string
  version: number
  rule: string
  models: string[]
  set_at: Date
}

export interface ModelAliasTable {
  alias: string
  version: number
  model_name: string | null
  set_at: Date
}

export interface ModelCardTable {
  model_name: string
  version: number
  document: ColumnType<unknown, string, string>
  set_at: Date
}

export interface ModelMeasureTable {
  model_name: string
  hour: Date
  first_output_counts: number[]
  answer_counts: number[]
  answer_s: number
  output_tokens: bigint
}

export interface ModelRetirementTable {
  model_name: string
  version: number
  announced_at: Date
  retires_at: Date
  successor: string | null
  told: Generated<number>
}

export interface NodeTable {
  id: string
  pool_name: string
  name: string
  slot_count: number
  state: string
  hardware: string
  active_from: Date
  retired_at: Date | null
  rack: string | null
  fabric: string | null
  engine_state: Generated<string>
  engine_reason: string | null
  drain_reason: string | null
  quarantine_reason: string | null
  change_reason: string | null
  is_drain_told: Generated<boolean>
  retired_reason: string | null
}

export interface NodeFactTable {
  node_id: string
  id: GeneratedAlways<bigint>
  at: Date
  type: string
  text: string
  actor: string | null
}

export interface OrganizationTable {
  id: string
  name: string
  kind: string
  created_at: Date
}

export interface OutcomeTable {
  id: string
  place: GeneratedAlways<bigint>
  organization_id: string
  task_id: string
  is_success: boolean
  value: number | null
  note: string | null
  reporter: string
  idempotency_key: string | null
  reported_at: Date
}

export interface PoolTable {
  name: string
  site_name: string
  accelerator: string
  accelerator_kind: string
  engine: string
  finding: string
  capex_usd_per_gpu: string
  residual_fraction: number
  life_years: number
  power_kw_per_gpu: number
  idle_power_fraction: number
  opex_usd_per_gpu_hour: string
  reclaim: ColumnType<unknown, string, string>
  isolation: ColumnType<unknown, string | undefined, string>
}

export interface PoolReadingTable {
  pool_name: string
  at: Date | null
  unreachable_since: Date | null
}

export interface PriceTable {
  id: string
  sku: string
  amount_usd: string
  per: bigint
  effective_from: Date
}

export interface ProjectTable {
  id: string
  organization_id: string
  name: string
  created_at: Date
}

export interface QuotaTable {
  id: string
  organization_id: string | null
  project_id: string | null
  pool_name: string | null
  accelerator: string | null
  tier: string | null
  gpus: number
  set_at: Date
}

export interface QuotaRequestTable {
  id: string
  organization_id: string
  pool_name: string | null
  accelerator: string | null
  tier: string | null
  gpus: number
  reason: string
  state: string
  created_at: Date
  decided_at: Date | null
  answer: string | null
  granted_gpus: number | null
  project_id: string | null
}

export interface QuotaUseTable {
  organization_id: string | null
  project_id: string | null
  pool_name: string | null
  tier: string | null
  part: string | null
  gpus: number | null
  expires_at: Date | null
}

export interface QuoteTable {
  id: string
  organization_id: string
  pool_name: string
  gpus: number
  nodes: number
  fabric: string
  price_id: string
  sku: string
  price_usd: string
  created_at: Date
  expires_at: Date
  order_id: string | null
  project_id: string | null
}

export interface RateLimitTable {
  id: string
  organization_id: string | null
  project_id: string | null
  api_key_id: string | null
  model: string | null
  set_by: string
  requests_per_minute: number | null
  tokens_per_minute: bigint | null
  concurrency: number | null
  set_at: Date
}

export interface RateSlotTable {
  limit_id: string
  subject: string
  writer: string
  slots: number
}

export interface RateWindowTable {
  limit_id: string
  subject: string
  kind: string
  starts_at: Date
  given: Generated<bigint>
}

export interface ReclaimTable {
  id: string
  lease_id: string
  attempt: number
  organization_id: string
  pool_name: string
  kind: string
  gpus: number
  cause: string
  reason: string
  by_kind: string | null
  for_lease: string | null
  terms: ColumnType<unknown, string, string>
  price_usd: string | null
  started_at: Date | null
  decided_at: Date
  stop_at: Date | null
  notice_delivered_at: Date | null
  notice_document: Generated<boolean>
  notice_signal: Generated<boolean>
  cause_gone_at: Date | null
  stop_asked_at: Date | null
  gone_at: Date | null
  work_lost_gpu_ms: bigint | null
  compensation_usd: string | null
  compensation_text: string | null
  ledger_transaction_id: string | null
  billed_until: Date | null
}

export interface ReconciliationCaseTable {
  id: string
  pool_name: string
  kind: string
  subject: string
  text: string
  data: ColumnType<unknown, string | undefined, string>
  opened_at: Date
  seen_at: Date
  closed_at: Date | null
}

export interface ReconciliationCountTable {
  pool_name: string
  kind: string
  total: bigint
}

export interface ReconciliationRunTable {
  pool_name: string
  engine: string
  started_at: Date
  duration_ms: number
  outcome: string
  text: string | null
  compared_at: Date | null
  counts: ColumnType<unknown, string | undefined, string>
}

export interface RegistryLoginTable {
  organization_id: string
  registry: string
  username: string
  sealed_password: string
  set_at: Date
}

export interface ReplicaTable {
  deployment_id: string
  ordinal: number
  lease_id: string | null
  url: string | null
  state: string
  text: Generated<string>
  crashes: Generated<number>
  retry_at: Date | null
  draining_since: Date | null
}

export interface ReplicaBidTable {
  deployment_id: string
  at: Date
  span_ms: number
  requests: number
  tokens_per_second: number
  pace: number | null
  places: number
  demand: number
  replicas_ready: number
  is_whole: boolean
  idle_since: Date | null
  full_earning: string | null
  energy: string
  bids: ColumnType<unknown, string, string>
  bid_next: string | null
  ask: string
  ask_basis: string
  sell: string
  sell_basis: string
  stance: string
  stance_since: Date
  replicas_from: number
  replicas_to: number
  why: string
  text: string
}

export interface ReplicaStartTable {
  lease_id: string
  deployment_id: string
  ready_at: Date
  waited_ms: number
  loaded_ms: number
}

export interface RequestTable {
  id: string
  at: Date
  organization_id: string
  project_id: string
  api_key_id: string
  end_user: string | null
  dialect: string
  is_stream: boolean
  model_asked: string | null
  model: string | null
  outcome: string
  status: number
  error_code: string | null
  input_tokens: bigint
  output_tokens: bigint
  cached_input_tokens: bigint
  cache_write_tokens: bigint
  reasoning_tokens: bigint
  cost: string
  first_output_ms: number | null
  duration_ms: number
  is_cached: boolean
  guardrails: string | null
  route_version: number | null
  tries: ColumnType<unknown, string, string>
  xid: Generated<string>
  number: GeneratedAlways<bigint>
}

export interface RequestOmissionTable {
  project_id: string
  organization_id: string
  minute: Date
  requests: bigint
}

export interface RequestTotalTable {
  project_id: string
  model: string
  outcome: string
  requests: bigint
  input_tokens: Generated<bigint>
  output_tokens: Generated<bigint>
  cached_input_tokens: Generated<bigint>
  cache_write_tokens: Generated<bigint>
  reasoning_tokens: Generated<bigint>
  cost: Generated<string>
  duration_ms: Generated<bigint>
  duration_counts: Generated<bigint[]>
  first_outputs: Generated<bigint>
  first_output_ms: Generated<bigint>
  first_output_counts: Generated<bigint[]>
}

export interface RouteTable {
  model_name: string
  version: number
  document: ColumnType<unknown, string | null | undefined, string | null>
  set_at: Date
}

export interface RouteBreakerTable {
  server_id: string
  writer: string
  model_name: string
  opened_at: Date
  open_until: Date
}

export interface RouteConstraintTable {
  project_id: string
  organization_id: string
  constraints: ColumnType<unknown, string, string>
  set_at: Date
}

export interface SchemaMigrationTable {
  name: string
  checksum: string
  applied_at: Generated<Date>
}

export interface SellBackTable {
  id: string
  block_id: string
  nodes: number
  placements: ColumnType<unknown, string, string>
  offered_at: Date
  withdrawn_at: Date | null
  back_at: Date | null
  settled_at: Date | null
  credit_usd: string | null
  credit_transaction_id: string | null
}

export interface SellBackLineTable {
  sell_back_id: string
  lease_id: string
  gpu_ms: bigint
  paid_usd: string
  credit_usd: string
}

export interface SessionTable {
  secret_hash: string
  api_key_id: string
  created_at: Date
  expires_at: Date
}

export interface SimulationTable {
  id: string
  organization_id: string
  name: string
  state: string
  progress: Generated<number>
  scenario: string
  plan: ColumnType<unknown, string, string>
  notes: ColumnType<unknown, string, string>
  result: ColumnType<unknown, string | null | undefined, string | null>
  failure: string | null
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

export interface SiteTable {
  name: string
  region: string
  jurisdiction: string
  ownership: string
  pue: number
  power_usd_per_kwh: string
  power_cap_kw: number | null
}

export interface SkuTable {
  name: string
  unit: string
  description: string
}

export interface SlotFaultTable {
  node_id: string
  slot: number
  reason: string
  is_lost: boolean
  since: Date
  last_good_at: Date | null
  cleared_at: Date | null
  reading: Generated<string>
  seen_boot_id: string | null
  seen_at_seconds: number | null
  is_dismissed: Generated<boolean>
}

export interface StoredContentTable {
  request_id: string
  organization_id: string
  project_id: string
  api_key_id: string
  model: string
  dialect: string
  sealed: string
  bytes: number
  at: Date
  expires_at: Date
}

export interface StrandTable {
  program: string
  subject: string
  wake_at: Date
  failures: Generated<number>
  last_failure: string | null
}

export interface SurplusRateTable {
  pool_name: string
  hour: Date
  eta: number
  promises: number
  breaches: number
  head_wait_ms: bigint
}

export interface TaskAttemptTable {
  id: string
  organization_id: string
  project_id: string
  task_id: string
  asked: string
  model: string
  route_version: number | null
  tries: number
  tokens: bigint
  amount: string
  from_at: Date
  to_at: Date
}

export interface TeamForecastTable {
  pool_name: string
  organization_id: string
  hour: Date
  horizon_hours: number
  capacity_gpus: number
  peak: number[]
  fallback: string | null
}

export interface TransferChargeTable {
  pool_name: string
  hour: Date
  revision: number
  organization_id: string
  kind: string
  gpu_ms: bigint
  usd_per_gpu_hour: string
  amount_usd: string
  ledger_transaction_id: string
}

export interface UpstreamTable {
  id: string
  model_name: string
  provider: string
  url: string
  upstream_model: string
  sealed_credential: string | null
  region: string | null
  data_policy: string
  input_cost_usd: string | null
  output_cost_usd: string | null
  created_at: Date
  allows_private_network: Generated<boolean>
}

export interface UsageDetailTable {
  id: string
  at: Date
  detail: ColumnType<unknown, string, string>
}

export interface UsageEventTable {
  id: string
  line: number
  organization_id: string
  project_id: string
  sku: string
  price_id: string
  resource: string
  quantity: bigint
  from_at: Date
  to_at: Date
}

export interface UsageHourTable {
  organization_id: string
  project_id: string
  sku: string
  price_id: string
  resource: string
  hour: Date
  quantity: string
  amount: string
}

export interface WebhookTable {
  id: string
  organization_id: string
  is_operators: boolean
  scope: string
  url: string
  description: string
  events: string[]
  state: string
  sealed_secret: string
  sealed_previous_secret: string | null
  previous_secret_until: Date | null
  created_at: Date
  failing_since: Date | null
  last_delivered_at: Date | null
}

export interface WebhookCursorTable {
  singleton: Generated<boolean>
  position: string
}

export interface WebhookDeliveryTable {
  id: string
  webhook_id: string
  message_id: string
  type: string
  lease_id: string | null
  attempt: number | null
  body: string
  lane: string
  state: string
  attempts: Generated<number>
  created_at: Date
  next_attempt_at: Date | null
  deadline_at: Date | null
  recorded: string | null
  last_attempt_at: Date | null
  delivered_at: Date | null
  last_status: number | null
  last_failure: string | null
}

export interface Schema {
  anchor_demand: AnchorDemandTable
  api_key: ApiKeyTable
  audit_event: AuditEventTable
  balance: BalanceTable
  batch: BatchTable
  batch_line: BatchLineTable
  block: BlockTable
  block_fact: BlockFactTable
  block_policy: BlockPolicyTable
  booking: BookingTable
  budget: BudgetTable
  budget_lease: BudgetLeaseTable
  budget_period: BudgetPeriodTable
  cache_day: CacheDayTable
  cached_answer: CachedAnswerTable
  claim: ClaimTable
  clearing: ClearingTable
  content_policy: ContentPolicyTable
  demand_forecast: DemandForecastTable
  deployment: DeploymentTable
  event: EventTable
  fault_credit: FaultCreditTable
  file: FileTable
  file_chunk: FileChunkTable
  guardrail: GuardrailTable
  health_check: HealthCheckTable
  held_request: HeldRequestTable
  hold: HoldTable
  idempotent_request: IdempotentRequestTable
  journal_position: JournalPositionTable
  keyed_call: KeyedCallTable
  lease: LeaseTable
  lease_fact: LeaseFactTable
  lease_health: LeaseHealthTable
  ledger_account: LedgerAccountTable
  ledger_entry: LedgerEntryTable
  ledger_transaction: LedgerTransactionTable
  market_order: MarketOrderTable
  model: ModelTable
  model_access: ModelAccessTable
  model_alias: ModelAliasTable
  model_card: ModelCardTable
  model_measure: ModelMeasureTable
  model_retirement: ModelRetirementTable
  node: NodeTable
  node_fact: NodeFactTable
  organization: OrganizationTable
  outcome: OutcomeTable
  pool: PoolTable
  pool_reading: PoolReadingTable
  price: PriceTable
  project: ProjectTable
  quota: QuotaTable
  quota_request: QuotaRequestTable
  quota_use: QuotaUseTable
  quote: QuoteTable
  rate_limit: RateLimitTable
  rate_slot: RateSlotTable
  rate_window: RateWindowTable
  reclaim: ReclaimTable
  reconciliation_case: ReconciliationCaseTable
  reconciliation_count: ReconciliationCountTable
  reconciliation_run: ReconciliationRunTable
  registry_login: RegistryLoginTable
  replica: ReplicaTable
  replica_bid: ReplicaBidTable
  replica_start: ReplicaStartTable
  request: RequestTable
  request_omission: RequestOmissionTable
  request_total: RequestTotalTable
  route: RouteTable
  route_breaker: RouteBreakerTable
  route_constraint: RouteConstraintTable
  schema_migration: SchemaMigrationTable
  sell_back: SellBackTable
  sell_back_line: SellBackLineTable
  session: SessionTable
  simulation: SimulationTable
  site: SiteTable
  sku: SkuTable
  slot_fault: SlotFaultTable
  stored_content: StoredContentTable
  strand: StrandTable
  surplus_rate: SurplusRateTable
  task_attempt: TaskAttemptTable
  team_forecast: TeamForecastTable
  transfer_charge: TransferChargeTable
  upstream: UpstreamTable
  usage_detail: UsageDetailTable
  usage_event: UsageEventTable
  usage_hour: UsageHourTable
  webhook: WebhookTable
  webhook_cursor: WebhookCursorTable
  webhook_delivery: WebhookDeliveryTable
}
