-- Generated from the migrated database by `npm run generate`; do not edit. What the sum of the migrations is.

CREATE TABLE anchor_demand (
  pool_name text NOT NULL,
  at timestamp with time zone NOT NULL,
  running_gpus integer NOT NULL,
  pending_gpus integer NOT NULL,
  running_jobs integer NOT NULL,
  pending_jobs integer NOT NULL,
  CONSTRAINT anchor_demand_pkey PRIMARY KEY (pool_name, at),
  CONSTRAINT anchor_demand_pending_gpus_check CHECK ((pending_gpus >= 0)),
  CONSTRAINT anchor_demand_running_gpus_check CHECK ((running_gpus >= 0))
);

CREATE TABLE api_key (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  secret_hash text NOT NULL,
  hint text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  scopes text[],
  models text[],
  networks text[],
  expires_at timestamp with time zone,
  replaced_by text,
  succeeds text,
  CONSTRAINT api_key_pkey PRIMARY KEY (id),
  CONSTRAINT api_key_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT api_key_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT api_key_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT api_key_replaced_by_fkey FOREIGN KEY (replaced_by) REFERENCES api_key(id),
  CONSTRAINT api_key_succeeds_fkey FOREIGN KEY (succeeds) REFERENCES api_key(id),
  CONSTRAINT api_key_models_check CHECK ((cardinality(models) > 0)),
  CONSTRAINT api_key_networks_check CHECK ((cardinality(networks) > 0)),
  CONSTRAINT api_key_role_check CHECK ((role = ANY (ARRAY['operator'::text, 'member'::text, 'inference'::text]))),
  CONSTRAINT api_key_scopes_check CHECK (((scopes <@ ARRAY['inference'::text, 'read'::text, 'manage'::text, 'content'::text]) AND (cardinality(scopes) > 0)))
);
CREATE INDEX api_key_organization ON api_key USING btree (organization_id, created_at);
CREATE TRIGGER api_key_notify AFTER INSERT OR UPDATE OF revoked_at, expires_at ON api_key FOR EACH ROW EXECUTE FUNCTION notify_api_key();

CREATE TABLE audit_event (
  id text NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  organization_id text NOT NULL,
  action text NOT NULL,
  target text,
  outcome text NOT NULL,
  request_id text NOT NULL,
  CONSTRAINT audit_event_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_event_at ON audit_event USING btree (at DESC, id DESC);
CREATE TRIGGER audit_event_append_only BEFORE DELETE OR UPDATE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE balance (
  account_id text NOT NULL,
  posted numeric(38,12) NOT NULL DEFAULT 0,
  held numeric(38,12) NOT NULL DEFAULT 0,
  credit_limit numeric(38,12) NOT NULL DEFAULT 0,
  is_limited boolean NOT NULL,
  CONSTRAINT balance_pkey PRIMARY KEY (account_id),
  CONSTRAINT balance_account_id_fkey FOREIGN KEY (account_id) REFERENCES ledger_account(id),
  CONSTRAINT balance_credit_limit_check CHECK ((credit_limit >= (0)::numeric)),
  CONSTRAINT balance_held_check CHECK ((held >= (0)::numeric)),
  CONSTRAINT balance_within_limit CHECK (((NOT is_limited) OR ((posted - held) >= (- credit_limit))))
);

CREATE TABLE batch (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  principal jsonb NOT NULL,
  endpoint text NOT NULL,
  model text,
  input_file_id text NOT NULL,
  output_file_id text,
  error_file_id text,
  metadata jsonb,
  state text NOT NULL,
  faults jsonb NOT NULL DEFAULT '[]'::jsonb,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  finalizing_at timestamp with time zone,
  cancelling_at timestamp with time zone,
  ended_at timestamp with time zone,
  total integer NOT NULL DEFAULT 0,
  completed integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  cached_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  CONSTRAINT batch_pkey PRIMARY KEY (id),
  CONSTRAINT batch_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT batch_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT batch_state_check CHECK ((state = ANY (ARRAY['validating'::text, 'failed'::text, 'in_progress'::text, 'finalizing'::text, 'completed'::text, 'expired'::text, 'cancelling'::text, 'cancelled'::text])))
);
CREATE INDEX batch_open ON batch USING btree (id) WHERE (state = ANY (ARRAY['validating'::text, 'in_progress'::text, 'finalizing'::text, 'cancelling'::text]));
CREATE INDEX batch_project ON batch USING btree (project_id, id);
CREATE TRIGGER batch_notify AFTER INSERT OR UPDATE OF state ON batch FOR EACH ROW EXECUTE FUNCTION notify_batch();

CREATE TABLE batch_line (
  batch_id text NOT NULL,
  number integer NOT NULL,
  custom_id text NOT NULL,
  byte_offset bigint NOT NULL,
  byte_length integer NOT NULL,
  state text NOT NULL DEFAULT 'waiting'::text,
  failures smallint NOT NULL DEFAULT 0,
  claim text,
  claimed_until timestamp with time zone,
  result text,
  input_tokens integer NOT NULL DEFAULT 0,
  cached_tokens integer NOT NULL DEFAULT 0,
  output_tokens integer NOT NULL DEFAULT 0,
  reasoning_tokens integer NOT NULL DEFAULT 0,
  CONSTRAINT batch_line_pkey PRIMARY KEY (batch_id, number),
  CONSTRAINT batch_line_custom_id UNIQUE (batch_id, custom_id),
  CONSTRAINT batch_line_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES batch(id) ON DELETE CASCADE,
  CONSTRAINT batch_line_check CHECK (((state <> 'running'::text) OR ((claim IS NOT NULL) AND (claimed_until IS NOT NULL)))),
  CONSTRAINT batch_line_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text, 'expired'::text, 'cancelled'::text])))
);
CREATE INDEX batch_line_claim ON batch_line USING btree (claim) WHERE (state = 'running'::text);
CREATE INDEX batch_line_open ON batch_line USING btree (batch_id, number) WHERE (state = ANY (ARRAY['waiting'::text, 'running'::text]));

CREATE TABLE block (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  name text NOT NULL,
  state text NOT NULL,
  text text NOT NULL,
  pool_name text NOT NULL,
  gpus integer NOT NULL,
  nodes integer NOT NULL,
  fabric text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  price_id text NOT NULL,
  sku text NOT NULL,
  price_usd numeric(38,12) NOT NULL,
  hold_id text NOT NULL,
  charged_until timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  ready_at timestamp with time zone,
  closed_at timestamp with time zone,
  missing_gpu_ms bigint,
  used_gpu_ms bigint,
  credit_usd numeric(38,12),
  credit_transaction_id text,
  free_hours integer,
  fee_percent integer,
  fee_usd numeric(38,12),
  CONSTRAINT block_pkey PRIMARY KEY (id),
  CONSTRAINT block_credit_transaction_id_fkey FOREIGN KEY (credit_transaction_id) REFERENCES ledger_transaction(id),
  CONSTRAINT block_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES hold(id),
  CONSTRAINT block_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT block_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT block_price_id_fkey FOREIGN KEY (price_id) REFERENCES price(id),
  CONSTRAINT block_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT block_sku_fkey FOREIGN KEY (sku) REFERENCES sku(name),
  CONSTRAINT block_check CHECK (((nodes > 0) AND ((gpus % nodes) = 0))),
  CONSTRAINT block_check1 CHECK ((ends_at > starts_at)),
  CONSTRAINT block_check2 CHECK (((charged_until >= starts_at) AND (charged_until <= ends_at))),
  CONSTRAINT block_check3 CHECK (((state = ANY (ARRAY['scheduled'::text, 'active'::text])) = (closed_at IS NULL))),
  CONSTRAINT block_check4 CHECK (((closed_at IS NULL) = (missing_gpu_ms IS NULL))),
  CONSTRAINT block_check5 CHECK ((num_nulls(missing_gpu_ms, used_gpu_ms, credit_usd) = ANY (ARRAY[0, 3]))),
  CONSTRAINT block_check6 CHECK (((COALESCE(credit_usd, (0)::numeric) > (0)::numeric) = (credit_transaction_id IS NOT NULL))),
  CONSTRAINT block_check7 CHECK (((free_hours IS NULL) = (fee_percent IS NULL))),
  CONSTRAINT block_check8 CHECK (((state = 'cancelled'::text) = (fee_usd IS NOT NULL))),
  CONSTRAINT block_credit_usd_check CHECK ((credit_usd >= (0)::numeric)),
  CONSTRAINT block_fabric_check CHECK ((fabric = ANY (ARRAY['same'::text, 'any'::text]))),
  CONSTRAINT block_fee_percent_check CHECK (((fee_percent >= 0) AND (fee_percent <= 100))),
  CONSTRAINT block_fee_usd_check CHECK ((fee_usd >= (0)::numeric)),
  CONSTRAINT block_free_hours_check CHECK (((free_hours >= 0) AND (free_hours <= 1344))),
  CONSTRAINT block_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT block_missing_gpu_ms_check CHECK ((missing_gpu_ms >= 0)),
  CONSTRAINT block_price_usd_check CHECK ((price_usd > (0)::numeric)),
  CONSTRAINT block_state_check CHECK ((state = ANY (ARRAY['scheduled'::text, 'active'::text, 'ended'::text, 'unavailable'::text, 'cancelled'::text]))),
  CONSTRAINT block_used_gpu_ms_check CHECK ((used_gpu_ms >= 0))
);
CREATE INDEX block_open ON block USING btree (pool_name) WHERE (closed_at IS NULL);
CREATE INDEX block_organization ON block USING btree (organization_id, id DESC);

CREATE TABLE block_fact (
  block_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL,
  type text NOT NULL,
  text text NOT NULL,
  CONSTRAINT block_fact_pkey PRIMARY KEY (block_id, id),
  CONSTRAINT block_fact_block_id_fkey FOREIGN KEY (block_id) REFERENCES block(id)
);
CREATE TRIGGER block_fact_append_only BEFORE DELETE OR UPDATE ON block_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE block_policy (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  free_hours integer NOT NULL,
  fee_percent integer NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT block_policy_pkey PRIMARY KEY (id),
  CONSTRAINT block_policy_fee_percent_check CHECK (((fee_percent >= 0) AND (fee_percent <= 100))),
  CONSTRAINT block_policy_free_hours_check CHECK (((free_hours >= 0) AND (free_hours <= 1344)))
);
CREATE TRIGGER block_policy_append_only BEFORE DELETE OR UPDATE ON block_policy FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE booking (
  id text NOT NULL,
  organization_id text NOT NULL,
  pool_name text NOT NULL,
  gpus integer NOT NULL,
  nodes integer NOT NULL,
  fabric text NOT NULL,
  lead_ms integer NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  nodes_lent integer NOT NULL DEFAULT 0,
  closed_at timestamp with time zone,
  CONSTRAINT booking_pkey PRIMARY KEY (id),
  CONSTRAINT booking_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT booking_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT booking_check CHECK (((nodes > 0) AND ((gpus % nodes) = 0))),
  CONSTRAINT booking_check1 CHECK ((ends_at > starts_at)),
  CONSTRAINT booking_check2 CHECK (((nodes_lent >= 0) AND (nodes_lent <= nodes))),
  CONSTRAINT booking_fabric_check CHECK ((fabric = ANY (ARRAY['same'::text, 'any'::text]))),
  CONSTRAINT booking_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT booking_lead_ms_check CHECK ((lead_ms >= 0))
);
CREATE INDEX booking_open ON booking USING btree (pool_name, ends_at) WHERE (closed_at IS NULL);
CREATE TRIGGER booking_no_oversale AFTER INSERT ON booking FOR EACH ROW EXECUTE FUNCTION check_booking();

CREATE TABLE budget (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text,
  api_key_id text,
  end_user text,
  period text NOT NULL,
  set_by text NOT NULL,
  amount numeric(38,12) NOT NULL,
  alerts smallint[] NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT budget_pkey PRIMARY KEY (id),
  CONSTRAINT budget_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, api_key_id, end_user, period, set_by),
  CONSTRAINT budget_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id),
  CONSTRAINT budget_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT budget_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT budget_amount_check CHECK ((amount >= (0)::numeric)),
  CONSTRAINT budget_end_user_check CHECK ((end_user <> ''::text)),
  CONSTRAINT budget_period_check CHECK ((period = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'total'::text]))),
  CONSTRAINT budget_set_by_check CHECK ((set_by = ANY (ARRAY['operator'::text, 'organization'::text])))
);
CREATE TRIGGER budget_notify AFTER INSERT OR DELETE OR UPDATE ON budget FOR EACH STATEMENT EXECUTE FUNCTION notify_budget();

CREATE TABLE budget_lease (
  id text NOT NULL,
  budget_id text NOT NULL,
  subject text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  writer text NOT NULL,
  granted numeric(38,12) NOT NULL,
  spent numeric(38,12) NOT NULL DEFAULT 0,
  CONSTRAINT budget_lease_pkey PRIMARY KEY (id),
  CONSTRAINT budget_lease_budget_id_starts_at_subject_fkey FOREIGN KEY (budget_id, starts_at, subject) REFERENCES budget_period(budget_id, starts_at, subject) ON DELETE CASCADE,
  CONSTRAINT budget_lease_granted_check CHECK ((granted >= (0)::numeric)),
  CONSTRAINT budget_lease_spent_check CHECK ((spent >= (0)::numeric))
);
CREATE INDEX budget_lease_period ON budget_lease USING btree (budget_id, starts_at, subject);
CREATE INDEX budget_lease_writer ON budget_lease USING btree (writer);

CREATE TABLE budget_period (
  budget_id text NOT NULL,
  subject text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  leased numeric(38,12) NOT NULL DEFAULT 0,
  spent numeric(38,12) NOT NULL DEFAULT 0,
  alerted smallint NOT NULL DEFAULT 0,
  CONSTRAINT budget_period_pkey PRIMARY KEY (budget_id, starts_at, subject),
  CONSTRAINT budget_period_budget_id_fkey FOREIGN KEY (budget_id) REFERENCES budget(id) ON DELETE CASCADE,
  CONSTRAINT budget_period_leased_check CHECK ((leased >= (0)::numeric)),
  CONSTRAINT budget_period_spent_check CHECK ((spent >= (0)::numeric))
);

CREATE TABLE cache_day (
  project_id text NOT NULL,
  day date NOT NULL,
  hits bigint NOT NULL,
  misses bigint NOT NULL,
  hit_tokens bigint NOT NULL,
  CONSTRAINT cache_day_pkey PRIMARY KEY (project_id, day),
  CONSTRAINT cache_day_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id)
);

CREATE TABLE cached_answer (
  id text NOT NULL,
  project_id text NOT NULL,
  generation text NOT NULL,
  model text NOT NULL,
  request_id text NOT NULL,
  sealed text NOT NULL,
  bytes integer NOT NULL,
  input_tokens integer NOT NULL,
  output_tokens integer NOT NULL,
  made_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone NOT NULL,
  CONSTRAINT cached_answer_pkey PRIMARY KEY (id),
  CONSTRAINT cached_answer_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id)
);
CREATE INDEX cached_answer_expiry ON cached_answer USING btree (expires_at);
CREATE INDEX cached_answer_project ON cached_answer USING btree (project_id, used_at);

CREATE TABLE claim (
  id text NOT NULL,
  node_id text NOT NULL,
  slots int4multirange NOT NULL,
  kind text NOT NULL,
  lease_id text,
  organization_id text,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone,
  draining_from timestamp with time zone,
  reason text,
  block_id text,
  CONSTRAINT claim_pkey PRIMARY KEY (id),
  CONSTRAINT claim_no_double_sale EXCLUDE USING gist (hashtextextended(node_id, (0)::bigint) WITH =, slots WITH &&, tstzrange(starts_at, ends_at) WITH &&),
  CONSTRAINT claim_node_id_fkey FOREIGN KEY (node_id) REFERENCES node(id),
  CONSTRAINT claim_check CHECK ((ends_at >= starts_at)),
  CONSTRAINT claim_check1 CHECK ((draining_from >= starts_at)),
  CONSTRAINT claim_check2 CHECK (((reason IS NULL) OR (lease_id IS NULL))),
  CONSTRAINT claim_kind_check CHECK ((kind = ANY (ARRAY['anchor'::text, 'reserved'::text, 'on_demand'::text, 'spot'::text, 'flex'::text, 'serving'::text, 'maintenance'::text, 'faulty'::text]))),
  CONSTRAINT claim_slots_check CHECK ((NOT isempty(slots)))
);
CREATE INDEX claim_anchor_ended ON claim USING btree (ends_at) WHERE ((kind = 'anchor'::text) AND (ends_at IS NOT NULL));
CREATE INDEX claim_block ON claim USING btree (block_id) WHERE (block_id IS NOT NULL);
CREATE INDEX claim_ended ON claim USING btree (node_id, ends_at);
CREATE INDEX claim_lease ON claim USING btree (lease_id);
CREATE INDEX claim_open ON claim USING btree (node_id) WHERE (ends_at IS NULL);
CREATE INDEX claim_without_lease ON claim USING btree (node_id) WHERE ((ends_at IS NULL) AND (lease_id IS NULL));

CREATE TABLE clearing (
  id text NOT NULL,
  pool_name text NOT NULL,
  window_ends_at timestamp with time zone NOT NULL,
  is_quoted boolean NOT NULL,
  reserve_usd numeric(38,12) NOT NULL,
  price_usd numeric(38,12) NOT NULL,
  bids integer NOT NULL,
  accepted integer NOT NULL,
  gpus_offered integer NOT NULL,
  gpus_sold integer NOT NULL,
  log jsonb NOT NULL,
  guarantee_hours integer NOT NULL DEFAULT 0,
  CONSTRAINT clearing_pkey PRIMARY KEY (id),
  CONSTRAINT clearing_pool_name_window_ends_at_guarantee_hours_key UNIQUE (pool_name, window_ends_at, guarantee_hours),
  CONSTRAINT clearing_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT clearing_bids_check CHECK ((bids >= 0)),
  CONSTRAINT clearing_check CHECK ((price_usd >= reserve_usd)),
  CONSTRAINT clearing_check1 CHECK (((accepted >= 0) AND (accepted <= bids))),
  CONSTRAINT clearing_check2 CHECK (((gpus_sold >= 0) AND (gpus_sold <= gpus_offered))),
  CONSTRAINT clearing_gpus_offered_check CHECK ((gpus_offered >= 0)),
  CONSTRAINT clearing_guarantee_hours_check CHECK ((guarantee_hours >= 0)),
  CONSTRAINT clearing_reserve_usd_check CHECK ((reserve_usd >= (0)::numeric))
);
CREATE TRIGGER clearing_append_only BEFORE DELETE OR UPDATE ON clearing FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE content_policy (
  project_id text NOT NULL,
  organization_id text NOT NULL,
  cache text NOT NULL,
  cache_ttl_s integer NOT NULL,
  is_sampled_cached boolean NOT NULL,
  generation text NOT NULL,
  set_by text NOT NULL,
  set_at timestamp with time zone NOT NULL,
  stored_days integer,
  CONSTRAINT content_policy_pkey PRIMARY KEY (project_id),
  CONSTRAINT content_policy_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT content_policy_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT content_policy_cache_check CHECK ((cache = ANY (ARRAY['off'::text, 'asked'::text, 'on'::text]))),
  CONSTRAINT content_policy_cache_ttl_s_check CHECK (((cache_ttl_s >= 1) AND (cache_ttl_s <= 2592000))),
  CONSTRAINT content_policy_stored_days_check CHECK (((stored_days >= 1) AND (stored_days <= 365)))
);
CREATE TRIGGER content_policy_notify AFTER INSERT OR DELETE OR UPDATE ON content_policy FOR EACH STATEMENT EXECUTE FUNCTION notify_content();

CREATE TABLE demand_forecast (
  pool_name text NOT NULL,
  hour timestamp with time zone NOT NULL,
  horizon_hours integer NOT NULL,
  capacity_gpus integer NOT NULL,
  peak double precision[] NOT NULL,
  fallback text,
  offered_gpus double precision,
  CONSTRAINT demand_forecast_pkey PRIMARY KEY (pool_name, hour, horizon_hours),
  CONSTRAINT demand_forecast_capacity_gpus_check CHECK ((capacity_gpus >= 0)),
  CONSTRAINT demand_forecast_fallback_check CHECK ((fallback = ANY (ARRAY['no_history'::text, 'little_history'::text, 'low_confidence'::text]))),
  CONSTRAINT demand_forecast_horizon_hours_check CHECK ((horizon_hours > 0))
);
CREATE INDEX demand_forecast_hour ON demand_forecast USING btree (hour);

CREATE TABLE deployment (
  id text NOT NULL,
  model_name text NOT NULL,
  source text NOT NULL,
  pool_name text,
  replicas_wanted integer NOT NULL DEFAULT 0,
  weights text,
  upstream_url text,
  upstream_model text,
  created_at timestamp with time zone NOT NULL,
  policy text NOT NULL DEFAULT 'fixed'::text,
  replicas_min integer NOT NULL DEFAULT 0,
  replicas_max integer NOT NULL DEFAULT 0,
  idle_ms integer NOT NULL DEFAULT 300000,
  steady_ms integer NOT NULL DEFAULT 120000,
  band_ppm integer NOT NULL DEFAULT 100000,
  declared jsonb,
  allows_private_network boolean NOT NULL DEFAULT false,
  server jsonb,
  CONSTRAINT deployment_pkey PRIMARY KEY (id),
  CONSTRAINT deployment_model_name_key UNIQUE (model_name),
  CONSTRAINT deployment_model_name_fkey FOREIGN KEY (model_name) REFERENCES model(name),
  CONSTRAINT deployment_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT deployment_band_ppm_check CHECK (((band_ppm >= 0) AND (band_ppm < 1000000))),
  CONSTRAINT deployment_bounds CHECK ((replicas_min <= replicas_max)),
  CONSTRAINT deployment_check CHECK (((source = 'replica'::text) = (pool_name IS NOT NULL))),
  CONSTRAINT deployment_check1 CHECK (((source = 'upstream'::text) = (upstream_url IS NOT NULL))),
  CONSTRAINT deployment_fixed CHECK (((policy = 'autoscale'::text) OR (replicas_min = replicas_max))),
  CONSTRAINT deployment_idle_ms_check CHECK ((idle_ms >= 0)),
  CONSTRAINT deployment_policy_check CHECK ((policy = ANY (ARRAY['fixed'::text, 'autoscale'::text]))),
  CONSTRAINT deployment_replicas_min_check CHECK ((replicas_min >= 0)),
  CONSTRAINT deployment_replicas_wanted_check CHECK ((replicas_wanted >= 0)),
  CONSTRAINT deployment_source_check CHECK ((source = ANY (ARRAY['replica'::text, 'upstream'::text]))),
  CONSTRAINT deployment_steady_ms_check CHECK ((steady_ms >= 0))
);
CREATE TRIGGER deployment_notify AFTER INSERT OR DELETE OR UPDATE ON deployment FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE event (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamp with time zone NOT NULL,
  type text NOT NULL,
  organization_id text,
  subject text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT event_pkey PRIMARY KEY (id)
);
CREATE INDEX event_position ON event USING btree (xid, id);
CREATE TRIGGER event_notify AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION notify_event();

CREATE TABLE fault_credit (
  lease_id text NOT NULL,
  attempt integer NOT NULL,
  gpus integer NOT NULL,
  price_usd numeric(38,12) NOT NULL,
  good_until timestamp with time zone NOT NULL,
  charged_until timestamp with time zone NOT NULL,
  amount_usd numeric(38,12) NOT NULL,
  ledger_transaction_id text NOT NULL,
  CONSTRAINT fault_credit_pkey PRIMARY KEY (lease_id, attempt),
  CONSTRAINT fault_credit_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(id),
  CONSTRAINT fault_credit_ledger_transaction_id_fkey FOREIGN KEY (ledger_transaction_id) REFERENCES ledger_transaction(id),
  CONSTRAINT fault_credit_amount_usd_check CHECK ((amount_usd > (0)::numeric)),
  CONSTRAINT fault_credit_check CHECK ((charged_until > good_until)),
  CONSTRAINT fault_credit_gpus_check CHECK ((gpus > 0))
);
CREATE TRIGGER fault_credit_append_only BEFORE DELETE OR UPDATE ON fault_credit FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE file (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  purpose text NOT NULL,
  name text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT file_pkey PRIMARY KEY (id),
  CONSTRAINT file_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT file_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT file_purpose_check CHECK ((purpose = ANY (ARRAY['batch'::text, 'batch_output'::text]))),
  CONSTRAINT file_size_check CHECK ((size >= 0)),
  CONSTRAINT file_state_check CHECK ((state = ANY (ARRAY['uploading'::text, 'ready'::text])))
);
CREATE INDEX file_expires_at ON file USING btree (expires_at);
CREATE INDEX file_project ON file USING btree (project_id, id);

CREATE TABLE file_chunk (
  file_id text NOT NULL,
  ordinal integer NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT file_chunk_pkey PRIMARY KEY (file_id, ordinal),
  CONSTRAINT file_chunk_file_id_fkey FOREIGN KEY (file_id) REFERENCES file(id) ON DELETE CASCADE
);

CREATE TABLE guardrail (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text,
  name text NOT NULL,
  "position" integer NOT NULL,
  side text NOT NULL,
  mode text NOT NULL,
  to_model text,
  looks_for jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT guardrail_pkey PRIMARY KEY (id),
  CONSTRAINT guardrail_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, name),
  CONSTRAINT guardrail_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT guardrail_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT guardrail_to_model_fkey FOREIGN KEY (to_model) REFERENCES model(name),
  CONSTRAINT guardrail_check CHECK (((mode = 'route'::text) = (to_model IS NOT NULL))),
  CONSTRAINT guardrail_mode_check CHECK ((mode = ANY (ARRAY['block'::text, 'redact'::text, 'flag'::text, 'route'::text]))),
  CONSTRAINT guardrail_side_check CHECK ((side = ANY (ARRAY['input'::text, 'output'::text, 'both'::text])))
);
CREATE TRIGGER guardrail_notify AFTER INSERT OR DELETE OR UPDATE ON guardrail FOR EACH STATEMENT EXECUTE FUNCTION notify_guardrail();

CREATE TABLE health_check (
  id text NOT NULL,
  pool_name text NOT NULL,
  node_id text NOT NULL,
  slots integer NOT NULL,
  state text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  text text NOT NULL DEFAULT ''::text,
  CONSTRAINT health_check_pkey PRIMARY KEY (id),
  CONSTRAINT health_check_node_id_fkey FOREIGN KEY (node_id) REFERENCES node(id),
  CONSTRAINT health_check_check CHECK ((ended_at >= started_at)),
  CONSTRAINT health_check_check1 CHECK (((state = 'running'::text) = (ended_at IS NULL))),
  CONSTRAINT health_check_slots_check CHECK ((slots > 0)),
  CONSTRAINT health_check_state_check CHECK ((state = ANY (ARRAY['running'::text, 'passed'::text, 'failed'::text, 'inconclusive'::text])))
);
CREATE INDEX health_check_node ON health_check USING btree (node_id, started_at DESC);
CREATE UNIQUE INDEX health_check_running ON health_check USING btree (node_id) WHERE (state = 'running'::text);

CREATE TABLE held_request (
  model_name text NOT NULL,
  writer text NOT NULL,
  requests integer NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT held_request_pkey PRIMARY KEY (model_name, writer),
  CONSTRAINT held_request_requests_check CHECK ((requests >= 0))
);

CREATE TABLE hold (
  id text NOT NULL,
  account_id text NOT NULL,
  amount numeric(38,12) NOT NULL,
  settled numeric(38,12) NOT NULL DEFAULT 0,
  purpose text NOT NULL,
  reference text NOT NULL,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT hold_pkey PRIMARY KEY (id),
  CONSTRAINT hold_account_id_fkey FOREIGN KEY (account_id) REFERENCES ledger_account(id),
  CONSTRAINT hold_amount_check CHECK ((amount >= (0)::numeric)),
  CONSTRAINT hold_check CHECK (((state = 'held'::text) OR (amount = (0)::numeric))),
  CONSTRAINT hold_purpose_check CHECK ((purpose = ANY (ARRAY['lease'::text, 'gateway'::text, 'order'::text, 'block'::text]))),
  CONSTRAINT hold_settled_check CHECK ((settled >= (0)::numeric)),
  CONSTRAINT hold_state_check CHECK ((state = ANY (ARRAY['held'::text, 'released'::text])))
);
CREATE INDEX hold_open ON hold USING btree (purpose, reference) WHERE (state = 'held'::text);

CREATE TABLE idempotent_request (
  organization_id text NOT NULL,
  endpoint text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  status integer NOT NULL,
  answer jsonb NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT idempotent_request_pkey PRIMARY KEY (organization_id, endpoint, key)
);
CREATE INDEX idempotent_request_at ON idempotent_request USING btree (at);

CREATE TABLE journal_position (
  writer text NOT NULL,
  segment integer NOT NULL,
  byte_offset bigint NOT NULL,
  is_closed boolean NOT NULL DEFAULT false,
  at timestamp with time zone NOT NULL,
  CONSTRAINT journal_position_pkey PRIMARY KEY (writer)
);

CREATE TABLE keyed_call (
  id text NOT NULL,
  organization_id text NOT NULL,
  request_hash text NOT NULL,
  state text NOT NULL,
  why text,
  event_id uuid NOT NULL,
  request_id text NOT NULL,
  writer text NOT NULL,
  sealed text,
  bytes integer NOT NULL DEFAULT 0,
  at timestamp with time zone NOT NULL,
  CONSTRAINT keyed_call_pkey PRIMARY KEY (id),
  CONSTRAINT keyed_call_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT keyed_call_check CHECK (((state = 'answered'::text) = (sealed IS NOT NULL))),
  CONSTRAINT keyed_call_check1 CHECK (((state = 'spent'::text) = (why IS NOT NULL))),
  CONSTRAINT keyed_call_state_check CHECK ((state = ANY (ARRAY['running'::text, 'answered'::text, 'spent'::text]))),
  CONSTRAINT keyed_call_why_check CHECK ((why = ANY (ARRAY['broken'::text, 'lost'::text, 'too_large'::text, 'crowded_out'::text])))
);
CREATE INDEX keyed_call_answered ON keyed_call USING btree (organization_id, at) INCLUDE (bytes) WHERE (state = 'answered'::text);
CREATE INDEX keyed_call_at ON keyed_call USING btree (at);
CREATE INDEX keyed_call_running ON keyed_call USING btree (writer) WHERE (state = 'running'::text);

CREATE TABLE lease (
  id text NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  pool_name text NOT NULL,
  gpus integer NOT NULL,
  command jsonb NOT NULL,
  environment jsonb NOT NULL,
  working_directory text,
  requeue text NOT NULL,
  notice_signal text,
  notice_ms integer NOT NULL,
  grace_ms integer NOT NULL,
  time_limit_ms bigint,
  max_price_usd numeric(38,12),
  price_id text,
  price_usd numeric(38,12),
  hold_id text,
  created_at timestamp with time zone NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  started_at timestamp with time zone,
  metered_until timestamp with time zone,
  waiting_for text,
  reclaim_reason text,
  reclaim_for text,
  notice_at timestamp with time zone,
  stop_at timestamp with time zone,
  stopped_at timestamp with time zone,
  ended_at timestamp with time zone,
  end_reason text,
  exit_code integer,
  exit_signal text,
  placed_at timestamp with time zone,
  nodes integer NOT NULL,
  placements jsonb NOT NULL DEFAULT '[]'::jsonb,
  mode text NOT NULL DEFAULT 'job'::text,
  service jsonb,
  fabric text NOT NULL DEFAULT 'any'::text,
  engine_run text,
  secret_names text[] NOT NULL DEFAULT '{}'::text[],
  sealed jsonb,
  terms jsonb,
  reclaims_month text,
  reclaims_in_month integer NOT NULL DEFAULT 0,
  checkpoint_at timestamp with time zone,
  risk_at timestamp with time zone,
  risk_told_at timestamp with time zone,
  billable_until timestamp with time zone,
  files jsonb NOT NULL DEFAULT '{"inputs": [], "outputs": [], "artifactsBytesMax": 10737418240}'::jsonb,
  files_discarded_at timestamp with time zone,
  failures_max integer NOT NULL DEFAULT 3,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamp with time zone,
  ran_ms bigint NOT NULL DEFAULT 0,
  idle_limit_ms bigint,
  agreed_price_id text,
  agreed_sku text,
  agreed_price_usd numeric(38,12),
  image text,
  image_digest text,
  block_id text,
  after_block text,
  CONSTRAINT lease_pkey PRIMARY KEY (id),
  CONSTRAINT lease_agreed_price_id_fkey FOREIGN KEY (agreed_price_id) REFERENCES price(id),
  CONSTRAINT lease_agreed_sku_fkey FOREIGN KEY (agreed_sku) REFERENCES sku(name),
  CONSTRAINT lease_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES hold(id),
  CONSTRAINT lease_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT lease_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT lease_price_id_fkey FOREIGN KEY (price_id) REFERENCES price(id),
  CONSTRAINT lease_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT lease_after_block_check CHECK ((after_block = ANY (ARRAY['end'::text, 'on_demand'::text]))),
  CONSTRAINT lease_check CHECK (((state = 'ended'::text) = (ended_at IS NOT NULL))),
  CONSTRAINT lease_check1 CHECK ((num_nulls(agreed_price_id, agreed_sku, agreed_price_usd) = ANY (ARRAY[0, 3]))),
  CONSTRAINT lease_check2 CHECK (((block_id IS NULL) = (after_block IS NULL))),
  CONSTRAINT lease_engine_run_is_anchor CHECK (((engine_run IS NULL) OR (kind = 'anchor'::text))),
  CONSTRAINT lease_fabric_check CHECK ((fabric = ANY (ARRAY['same'::text, 'any'::text]))),
  CONSTRAINT lease_failures_max_check CHECK ((failures_max > 0)),
  CONSTRAINT lease_gang_is_even CHECK (((gpus % nodes) = 0)),
  CONSTRAINT lease_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT lease_grace_ms_check CHECK ((grace_ms >= 0)),
  CONSTRAINT lease_idle_interactive CHECK (((mode = 'interactive'::text) OR (idle_limit_ms IS NULL))),
  CONSTRAINT lease_idle_limit_ms_check CHECK ((idle_limit_ms > 0)),
  CONSTRAINT lease_kind_check CHECK ((kind = ANY (ARRAY['anchor'::text, 'on_demand'::text, 'spot'::text, 'flex'::text, 'serving'::text]))),
  CONSTRAINT lease_mode_check CHECK ((mode = ANY (ARRAY['job'::text, 'service'::text, 'interactive'::text]))),
  CONSTRAINT lease_nodes_check CHECK ((nodes > 0)),
  CONSTRAINT lease_notice_ms_check CHECK ((notice_ms >= 0)),
  CONSTRAINT lease_reclaim_reason_check CHECK ((reclaim_reason = ANY (ARRAY['reclaimed'::text, 'stopped'::text, 'balance_exhausted'::text, 'time_limit'::text, 'faulty'::text]))),
  CONSTRAINT lease_requeue_is_known CHECK ((requeue = ANY (ARRAY['never'::text, 'on_reclaim'::text, 'on_failure'::text]))),
  CONSTRAINT lease_service_has_port CHECK (((mode = 'service'::text) = (service IS NOT NULL))),
  CONSTRAINT lease_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'starting'::text, 'running'::text, 'reclaiming'::text, 'ended'::text]))),
  CONSTRAINT lease_with_slots_is_placed CHECK (((state <> ALL (ARRAY['starting'::text, 'running'::text, 'reclaiming'::text])) OR (placements <> '[]'::jsonb)))
);
CREATE INDEX lease_asked ON lease USING btree (pool_name, created_at DESC);
CREATE INDEX lease_at_risk ON lease USING btree (id) WHERE (risk_at IS NOT NULL);
CREATE INDEX lease_block ON lease USING btree (block_id) WHERE (block_id IS NOT NULL);
CREATE INDEX lease_ended ON lease USING btree (pool_name, ended_at DESC) WHERE (state = 'ended'::text);
CREATE UNIQUE INDEX lease_engine_run ON lease USING btree (pool_name, engine_run) WHERE ((engine_run IS NOT NULL) AND (state <> 'ended'::text));
CREATE INDEX lease_files_kept ON lease USING btree (ended_at) WHERE ((state = 'ended'::text) AND (files_discarded_at IS NULL));
CREATE INDEX lease_open ON lease USING btree (state) WHERE (state <> 'ended'::text);
CREATE INDEX lease_open_organization ON lease USING btree (organization_id) WHERE (state <> 'ended'::text);
CREATE INDEX lease_organization ON lease USING btree (organization_id, created_at DESC);
CREATE INDEX lease_risk_told ON lease USING btree (id) WHERE (risk_told_at IS NOT NULL);
CREATE INDEX lease_service_open ON lease USING btree (id) WHERE ((mode = 'service'::text) AND (state <> 'ended'::text));

CREATE TABLE lease_fact (
  lease_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL,
  type text NOT NULL,
  text text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT lease_fact_pkey PRIMARY KEY (lease_id, id),
  CONSTRAINT lease_fact_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(id)
);
CREATE TRIGGER lease_fact_append_only BEFORE DELETE OR UPDATE ON lease_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE lease_health (
  lease_id text NOT NULL,
  attempt integer NOT NULL,
  state text NOT NULL,
  text text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT lease_health_pkey PRIMARY KEY (lease_id),
  CONSTRAINT lease_health_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(id),
  CONSTRAINT lease_health_state_check CHECK ((state = ANY (ARRAY['starting'::text, 'healthy'::text, 'unhealthy'::text])))
);

CREATE TABLE ledger_account (
  id text NOT NULL,
  kind text NOT NULL,
  organization_id text,
  currency text NOT NULL,
  CONSTRAINT ledger_account_pkey PRIMARY KEY (id),
  CONSTRAINT ledger_account_currency_check CHECK ((currency = 'USD'::text)),
  CONSTRAINT ledger_account_kind_check CHECK ((kind = ANY (ARRAY['customer_prepaid'::text, 'credit_granted'::text, 'revenue'::text, 'overrun_expense'::text, 'reclaim_compensation'::text, 'fault_compensation'::text, 'internal_cost'::text, 'internal_recovery'::text, 'block_compensation'::text, 'sell_back_compensation'::text])))
);
CREATE TRIGGER ledger_account_append_only BEFORE DELETE OR UPDATE ON ledger_account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_account_not_truncated BEFORE TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE ledger_entry (
  transaction_id text NOT NULL,
  leg integer NOT NULL,
  account_id text NOT NULL,
  amount numeric(38,12) NOT NULL,
  CONSTRAINT ledger_entry_pkey PRIMARY KEY (transaction_id, leg)
);
CREATE INDEX ledger_entry_account ON ledger_entry USING btree (account_id);
CREATE TRIGGER ledger_entry_append_only BEFORE DELETE OR UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_checked AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION check_new_entries();
CREATE TRIGGER ledger_entry_not_truncated BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE ledger_transaction (
  id text NOT NULL,
  at timestamp with time zone NOT NULL,
  kind text NOT NULL,
  source text NOT NULL,
  CONSTRAINT ledger_transaction_pkey PRIMARY KEY (id),
  CONSTRAINT ledger_transaction_source_key UNIQUE (source),
  CONSTRAINT ledger_transaction_kind_check CHECK ((kind = ANY (ARRAY['usage'::text, 'credit'::text, 'compensation'::text, 'transfer'::text])))
);
CREATE TRIGGER ledger_transaction_append_only BEFORE DELETE OR UPDATE ON ledger_transaction FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transaction_checked AFTER INSERT ON ledger_transaction REFERENCING NEW TABLE AS new_transactions FOR EACH STATEMENT EXECUTE FUNCTION check_new_transactions();
CREATE TRIGGER ledger_transaction_not_truncated BEFORE TRUNCATE ON ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE market_order (
  id text NOT NULL,
  sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  tier text NOT NULL,
  state text NOT NULL,
  pool_name text NOT NULL,
  gpus integer NOT NULL,
  nodes integer NOT NULL,
  fabric text NOT NULL,
  limit_usd numeric(38,12),
  request jsonb NOT NULL,
  hold_id text,
  lease_id text,
  clearing_id text,
  price_usd numeric(38,12),
  text text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  closed_at timestamp with time zone,
  guarantee_hours integer NOT NULL DEFAULT 0,
  CONSTRAINT market_order_pkey PRIMARY KEY (id),
  CONSTRAINT market_order_sequence_key UNIQUE (sequence),
  CONSTRAINT market_order_clearing_id_fkey FOREIGN KEY (clearing_id) REFERENCES clearing(id),
  CONSTRAINT market_order_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES hold(id),
  CONSTRAINT market_order_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(id),
  CONSTRAINT market_order_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT market_order_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT market_order_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT market_order_check CHECK (((nodes > 0) AND ((gpus % nodes) = 0))),
  CONSTRAINT market_order_check1 CHECK (((state = ANY (ARRAY['pending'::text, 'standing'::text])) = (closed_at IS NULL))),
  CONSTRAINT market_order_check2 CHECK (((state = 'filled'::text) = (lease_id IS NOT NULL))),
  CONSTRAINT market_order_check3 CHECK (((closed_at IS NOT NULL) OR (hold_id IS NOT NULL))),
  CONSTRAINT market_order_check4 CHECK (((guarantee_hours = 0) OR (tier = 'spot'::text))),
  CONSTRAINT market_order_fabric_check CHECK ((fabric = ANY (ARRAY['same'::text, 'any'::text]))),
  CONSTRAINT market_order_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT market_order_guarantee_hours_check CHECK ((guarantee_hours >= 0)),
  CONSTRAINT market_order_limit_usd_check CHECK ((limit_usd > (0)::numeric)),
  CONSTRAINT market_order_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'standing'::text, 'filled'::text, 'cancelled'::text, 'rejected'::text, 'expired'::text]))),
  CONSTRAINT market_order_tier_check CHECK ((tier = ANY (ARRAY['on_demand'::text, 'spot'::text, 'flex'::text])))
);
CREATE INDEX market_order_open ON market_order USING btree (pool_name, sequence) WHERE (closed_at IS NULL);
CREATE INDEX market_order_open_organization ON market_order USING btree (organization_id) WHERE (closed_at IS NULL);
CREATE INDEX market_order_organization ON market_order USING btree (organization_id, sequence DESC);

CREATE TABLE model (
  name text NOT NULL,
  display_name text NOT NULL,
  description text NOT NULL,
  publisher text NOT NULL,
  licence text NOT NULL,
  is_toy boolean NOT NULL,
  context_tokens integer NOT NULL,
  input_sku text NOT NULL,
  output_sku text NOT NULL,
  retired_at timestamp with time zone,
  is_embedding boolean NOT NULL DEFAULT false,
  CONSTRAINT model_pkey PRIMARY KEY (name),
  CONSTRAINT model_input_sku_fkey FOREIGN KEY (input_sku) REFERENCES sku(name),
  CONSTRAINT model_output_sku_fkey FOREIGN KEY (output_sku) REFERENCES sku(name),
  CONSTRAINT model_context_tokens_check CHECK ((context_tokens > 0))
);
CREATE TRIGGER model_notify AFTER INSERT OR DELETE OR UPDATE ON model FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_access (
  project_id text NOT NULL,
  set_by text NOT NULL,
  organization_id text NOT NULL,
  version integer NOT NULL,
  rule text NOT NULL,
  models text[] NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT model_access_pkey PRIMARY KEY (project_id, set_by),
  CONSTRAINT model_access_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT model_access_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT model_access_rule_check CHECK ((rule = ANY (ARRAY['only'::text, 'except'::text]))),
  CONSTRAINT model_access_set_by_check CHECK ((set_by = ANY (ARRAY['operator'::text, 'organization'::text]))),
  CONSTRAINT model_access_version_check CHECK ((version > 0))
);
CREATE TRIGGER model_access_notify AFTER INSERT OR DELETE OR UPDATE ON model_access FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_alias (
  alias text NOT NULL,
  version integer NOT NULL,
  model_name text,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT model_alias_pkey PRIMARY KEY (alias, version),
  CONSTRAINT model_alias_model_name_fkey FOREIGN KEY (model_name) REFERENCES model(name),
  CONSTRAINT model_alias_version_check CHECK ((version > 0))
);
CREATE TRIGGER model_alias_append_only BEFORE DELETE OR UPDATE ON model_alias FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER model_alias_notify AFTER INSERT ON model_alias FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_card (
  model_name text NOT NULL,
  version integer NOT NULL,
  document jsonb NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT model_card_pkey PRIMARY KEY (model_name, version),
  CONSTRAINT model_card_model_name_fkey FOREIGN KEY (model_name) REFERENCES model(name),
  CONSTRAINT model_card_version_check CHECK ((version > 0))
);
CREATE TRIGGER model_card_append_only BEFORE DELETE OR UPDATE ON model_card FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER model_card_notify AFTER INSERT ON model_card FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE model_measure (
  model_name text NOT NULL,
  hour timestamp with time zone NOT NULL,
  first_output_counts integer[] NOT NULL,
  answer_counts integer[] NOT NULL,
  answer_s double precision NOT NULL,
  output_tokens bigint NOT NULL,
  CONSTRAINT model_measure_pkey PRIMARY KEY (model_name, hour),
  CONSTRAINT model_measure_answer_s_check CHECK ((answer_s >= (0)::double precision)),
  CONSTRAINT model_measure_output_tokens_check CHECK ((output_tokens >= 0))
);
CREATE INDEX model_measure_hour ON model_measure USING btree (hour);

CREATE TABLE model_retirement (
  model_name text NOT NULL,
  version integer NOT NULL,
  announced_at timestamp with time zone NOT NULL,
  retires_at timestamp with time zone NOT NULL,
  successor text,
  told smallint NOT NULL DEFAULT 0,
  CONSTRAINT model_retirement_pkey PRIMARY KEY (model_name),
  CONSTRAINT model_retirement_model_name_fkey FOREIGN KEY (model_name) REFERENCES model(name),
  CONSTRAINT model_retirement_successor_fkey FOREIGN KEY (successor) REFERENCES model(name),
  CONSTRAINT model_retirement_check CHECK ((successor <> model_name)),
  CONSTRAINT model_retirement_version_check CHECK ((version > 0))
);
CREATE TRIGGER model_retirement_notify AFTER INSERT OR DELETE OR UPDATE ON model_retirement FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE node (
  id text NOT NULL,
  pool_name text NOT NULL,
  name text NOT NULL,
  slot_count integer NOT NULL,
  state text NOT NULL,
  hardware text NOT NULL,
  active_from timestamp with time zone NOT NULL,
  retired_at timestamp with time zone,
  rack text,
  fabric text,
  engine_state text NOT NULL DEFAULT 'up'::text,
  engine_reason text,
  drain_reason text,
  quarantine_reason text,
  change_reason text,
  is_drain_told boolean NOT NULL DEFAULT false,
  retired_reason text,
  CONSTRAINT node_pkey PRIMARY KEY (id),
  CONSTRAINT node_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT node_check CHECK ((retired_at >= active_from)),
  CONSTRAINT node_engine_state_check CHECK ((engine_state = ANY (ARRAY['up'::text, 'draining'::text, 'down'::text]))),
  CONSTRAINT node_slot_count_check CHECK ((slot_count > 0)),
  CONSTRAINT node_state_check CHECK ((state = ANY (ARRAY['ready'::text, 'draining'::text, 'down'::text, 'faulty'::text])))
);
CREATE UNIQUE INDEX node_active_name ON node USING btree (pool_name, name) WHERE (retired_at IS NULL);

CREATE TABLE node_fact (
  node_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL,
  type text NOT NULL,
  text text NOT NULL,
  actor text,
  CONSTRAINT node_fact_pkey PRIMARY KEY (node_id, id),
  CONSTRAINT node_fact_node_id_fkey FOREIGN KEY (node_id) REFERENCES node(id)
);
CREATE TRIGGER node_fact_append_only BEFORE DELETE OR UPDATE ON node_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE organization (
  id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT organization_pkey PRIMARY KEY (id),
  CONSTRAINT organization_name_key UNIQUE (name),
  CONSTRAINT organization_kind_check CHECK ((kind = ANY (ARRAY['operator'::text, 'internal'::text, 'customer'::text])))
);

CREATE TABLE outcome (
  id text NOT NULL,
  place bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  organization_id text NOT NULL,
  task_id text NOT NULL,
  is_success boolean NOT NULL,
  value double precision,
  note text,
  reporter text NOT NULL,
  idempotency_key text,
  reported_at timestamp with time zone NOT NULL,
  CONSTRAINT outcome_pkey PRIMARY KEY (id),
  CONSTRAINT outcome_once UNIQUE (organization_id, task_id, reporter, idempotency_key),
  CONSTRAINT outcome_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT outcome_reporter_fkey FOREIGN KEY (reporter) REFERENCES api_key(id),
  CONSTRAINT outcome_note_check CHECK ((length(note) <= 500)),
  CONSTRAINT outcome_task_id_check CHECK (((length(task_id) >= 1) AND (length(task_id) <= 128)))
);
CREATE UNIQUE INDEX outcome_place ON outcome USING btree (organization_id, place);
CREATE INDEX outcome_reported_at ON outcome USING btree (reported_at);
CREATE INDEX outcome_task ON outcome USING btree (organization_id, task_id, place);
CREATE TRIGGER outcome_append_only BEFORE UPDATE ON outcome FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE pool (
  name text NOT NULL,
  site_name text NOT NULL,
  accelerator text NOT NULL,
  accelerator_kind text NOT NULL,
  engine text NOT NULL,
  finding text NOT NULL,
  capex_usd_per_gpu numeric(38,12) NOT NULL,
  residual_fraction double precision NOT NULL,
  life_years double precision NOT NULL,
  power_kw_per_gpu double precision NOT NULL,
  idle_power_fraction double precision NOT NULL,
  opex_usd_per_gpu_hour numeric(38,12) NOT NULL,
  reclaim jsonb NOT NULL,
  isolation jsonb NOT NULL DEFAULT '{"kind": "accounts", "text": "the accounts of its engine keep customers apart"}'::jsonb,
  CONSTRAINT pool_pkey PRIMARY KEY (name),
  CONSTRAINT pool_site_name_fkey FOREIGN KEY (site_name) REFERENCES site(name),
  CONSTRAINT pool_accelerator_kind_check CHECK ((accelerator_kind = ANY (ARRAY['gpu'::text, 'cpu'::text]))),
  CONSTRAINT pool_capex_usd_per_gpu_check CHECK ((capex_usd_per_gpu >= (0)::numeric)),
  CONSTRAINT pool_idle_power_fraction_check CHECK (((idle_power_fraction >= (0)::double precision) AND (idle_power_fraction <= (1)::double precision))),
  CONSTRAINT pool_isolation_check CHECK (((isolation ? 'kind'::text) AND (isolation ? 'text'::text))),
  CONSTRAINT pool_life_years_check CHECK ((life_years > (0)::double precision)),
  CONSTRAINT pool_opex_usd_per_gpu_hour_check CHECK ((opex_usd_per_gpu_hour >= (0)::numeric)),
  CONSTRAINT pool_power_kw_per_gpu_check CHECK ((power_kw_per_gpu >= (0)::double precision)),
  CONSTRAINT pool_residual_fraction_check CHECK (((residual_fraction >= (0)::double precision) AND (residual_fraction < (1)::double precision)))
);

CREATE TABLE pool_reading (
  pool_name text NOT NULL,
  at timestamp with time zone,
  unreachable_since timestamp with time zone,
  CONSTRAINT pool_reading_pkey PRIMARY KEY (pool_name)
);

CREATE TABLE price (
  id text NOT NULL,
  sku text NOT NULL,
  amount_usd numeric(38,12) NOT NULL,
  per bigint NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  CONSTRAINT price_pkey PRIMARY KEY (id),
  CONSTRAINT price_sku_effective_from_key UNIQUE (sku, effective_from),
  CONSTRAINT price_sku_fkey FOREIGN KEY (sku) REFERENCES sku(name),
  CONSTRAINT price_amount_usd_check CHECK ((amount_usd >= (0)::numeric)),
  CONSTRAINT price_per_check CHECK ((per > 0))
);
CREATE TRIGGER price_append_only BEFORE DELETE OR UPDATE ON price FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE project (
  id text NOT NULL,
  organization_id text NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT project_pkey PRIMARY KEY (id),
  CONSTRAINT project_organization_id_name_key UNIQUE (organization_id, name),
  CONSTRAINT project_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id)
);

CREATE TABLE quota (
  id text NOT NULL,
  organization_id text,
  project_id text,
  pool_name text,
  accelerator text,
  tier text,
  gpus integer NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT quota_pkey PRIMARY KEY (id),
  CONSTRAINT quota_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, pool_name, accelerator, tier),
  CONSTRAINT quota_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT quota_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT quota_check CHECK (((project_id IS NULL) OR (organization_id IS NOT NULL))),
  CONSTRAINT quota_check1 CHECK (((pool_name IS NULL) OR (accelerator IS NULL))),
  CONSTRAINT quota_gpus_check CHECK ((gpus >= 0)),
  CONSTRAINT quota_tier_check CHECK ((tier = ANY (ARRAY['on_demand'::text, 'spot'::text, 'flex'::text])))
);

CREATE TABLE quota_request (
  id text NOT NULL,
  organization_id text NOT NULL,
  pool_name text,
  accelerator text,
  tier text,
  gpus integer NOT NULL,
  reason text NOT NULL,
  state text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  answer text,
  granted_gpus integer,
  project_id text,
  CONSTRAINT quota_request_pkey PRIMARY KEY (id),
  CONSTRAINT quota_request_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT quota_request_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT quota_request_check CHECK (((state = 'open'::text) = (decided_at IS NULL))),
  CONSTRAINT quota_request_check1 CHECK (((state = 'granted'::text) = (granted_gpus IS NOT NULL))),
  CONSTRAINT quota_request_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT quota_request_granted_gpus_check CHECK ((granted_gpus > 0)),
  CONSTRAINT quota_request_state_check CHECK ((state = ANY (ARRAY['open'::text, 'granted'::text, 'declined'::text]))),
  CONSTRAINT quota_request_tier_check CHECK ((tier = ANY (ARRAY['on_demand'::text, 'spot'::text, 'flex'::text])))
);
CREATE INDEX quota_request_open ON quota_request USING btree (id) WHERE (state = 'open'::text);
CREATE INDEX quota_request_organization ON quota_request USING btree (organization_id, id DESC);

CREATE TABLE quote (
  id text NOT NULL,
  organization_id text NOT NULL,
  pool_name text NOT NULL,
  gpus integer NOT NULL,
  nodes integer NOT NULL,
  fabric text NOT NULL,
  price_id text NOT NULL,
  sku text NOT NULL,
  price_usd numeric(38,12) NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  order_id text,
  project_id text,
  CONSTRAINT quote_pkey PRIMARY KEY (id),
  CONSTRAINT quote_order_id_key UNIQUE (order_id),
  CONSTRAINT quote_order_id_fkey FOREIGN KEY (order_id) REFERENCES market_order(id),
  CONSTRAINT quote_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT quote_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT quote_price_id_fkey FOREIGN KEY (price_id) REFERENCES price(id),
  CONSTRAINT quote_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT quote_sku_fkey FOREIGN KEY (sku) REFERENCES sku(name),
  CONSTRAINT quote_check CHECK (((nodes > 0) AND ((gpus % nodes) = 0))),
  CONSTRAINT quote_check1 CHECK ((expires_at > created_at)),
  CONSTRAINT quote_fabric_check CHECK ((fabric = ANY (ARRAY['same'::text, 'any'::text]))),
  CONSTRAINT quote_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT quote_price_usd_check CHECK ((price_usd >= (0)::numeric))
);
CREATE INDEX quote_organization ON quote USING btree (organization_id, created_at DESC);
CREATE INDEX quote_unused ON quote USING btree (organization_id, expires_at) WHERE (order_id IS NULL);

CREATE TABLE rate_limit (
  id text NOT NULL,
  organization_id text,
  project_id text,
  api_key_id text,
  model text,
  set_by text NOT NULL,
  requests_per_minute integer,
  tokens_per_minute bigint,
  concurrency integer,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT rate_limit_pkey PRIMARY KEY (id),
  CONSTRAINT rate_limit_once UNIQUE NULLS NOT DISTINCT (organization_id, project_id, api_key_id, model, set_by),
  CONSTRAINT rate_limit_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id),
  CONSTRAINT rate_limit_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT rate_limit_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id),
  CONSTRAINT rate_limit_check CHECK (((organization_id IS NOT NULL) OR ((project_id IS NULL) AND (api_key_id IS NULL) AND (set_by = 'operator'::text)))),
  CONSTRAINT rate_limit_check1 CHECK ((num_nonnulls(requests_per_minute, tokens_per_minute, concurrency) > 0)),
  CONSTRAINT rate_limit_concurrency_check CHECK ((concurrency >= 0)),
  CONSTRAINT rate_limit_requests_per_minute_check CHECK ((requests_per_minute >= 0)),
  CONSTRAINT rate_limit_set_by_check CHECK ((set_by = ANY (ARRAY['operator'::text, 'organization'::text]))),
  CONSTRAINT rate_limit_tokens_per_minute_check CHECK ((tokens_per_minute >= 0))
);
CREATE TRIGGER rate_limit_notify AFTER INSERT OR DELETE OR UPDATE ON rate_limit FOR EACH STATEMENT EXECUTE FUNCTION notify_rate_limit();

CREATE TABLE rate_slot (
  limit_id text NOT NULL,
  subject text NOT NULL,
  writer text NOT NULL,
  slots integer NOT NULL,
  CONSTRAINT rate_slot_pkey PRIMARY KEY (limit_id, subject, writer),
  CONSTRAINT rate_slot_limit_id_fkey FOREIGN KEY (limit_id) REFERENCES rate_limit(id) ON DELETE CASCADE,
  CONSTRAINT rate_slot_slots_check CHECK ((slots >= 0))
);
CREATE INDEX rate_slot_writer ON rate_slot USING btree (writer);

CREATE TABLE rate_window (
  limit_id text NOT NULL,
  subject text NOT NULL,
  kind text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  given bigint NOT NULL DEFAULT 0,
  CONSTRAINT rate_window_pkey PRIMARY KEY (limit_id, subject, kind, starts_at),
  CONSTRAINT rate_window_limit_id_fkey FOREIGN KEY (limit_id) REFERENCES rate_limit(id) ON DELETE CASCADE,
  CONSTRAINT rate_window_given_check CHECK ((given >= 0)),
  CONSTRAINT rate_window_kind_check CHECK ((kind = ANY (ARRAY['requests'::text, 'tokens'::text])))
);
CREATE INDEX rate_window_starts_at ON rate_window USING btree (starts_at);

CREATE TABLE reclaim (
  id text NOT NULL,
  lease_id text NOT NULL,
  attempt integer NOT NULL,
  organization_id text NOT NULL,
  pool_name text NOT NULL,
  kind text NOT NULL,
  gpus integer NOT NULL,
  cause text NOT NULL,
  reason text NOT NULL,
  by_kind text,
  for_lease text,
  terms jsonb NOT NULL,
  price_usd numeric(38,12),
  started_at timestamp with time zone,
  decided_at timestamp with time zone NOT NULL,
  stop_at timestamp with time zone,
  notice_delivered_at timestamp with time zone,
  notice_document boolean NOT NULL DEFAULT false,
  notice_signal boolean NOT NULL DEFAULT false,
  cause_gone_at timestamp with time zone,
  stop_asked_at timestamp with time zone,
  gone_at timestamp with time zone,
  work_lost_gpu_ms bigint,
  compensation_usd numeric(38,12),
  compensation_text text,
  ledger_transaction_id text,
  billed_until timestamp with time zone,
  CONSTRAINT reclaim_pkey PRIMARY KEY (id),
  CONSTRAINT reclaim_lease_id_attempt_key UNIQUE (lease_id, attempt),
  CONSTRAINT reclaim_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(id),
  CONSTRAINT reclaim_ledger_transaction_id_fkey FOREIGN KEY (ledger_transaction_id) REFERENCES ledger_transaction(id),
  CONSTRAINT reclaim_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT reclaim_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT reclaim_cause_check CHECK ((cause = ANY (ARRAY['outranked'::text, 'shrink'::text, 'engine'::text, 'maintenance'::text]))),
  CONSTRAINT reclaim_check CHECK (((gone_at IS NULL) = (compensation_usd IS NULL))),
  CONSTRAINT reclaim_check1 CHECK (((COALESCE(compensation_usd, (0)::numeric) > (0)::numeric) = (ledger_transaction_id IS NOT NULL))),
  CONSTRAINT reclaim_check2 CHECK ((billed_until <= gone_at)),
  CONSTRAINT reclaim_compensation_usd_check CHECK ((compensation_usd >= (0)::numeric)),
  CONSTRAINT reclaim_gpus_check CHECK ((gpus > 0)),
  CONSTRAINT reclaim_work_lost_gpu_ms_check CHECK ((work_lost_gpu_ms >= 0))
);
CREATE INDEX reclaim_organization ON reclaim USING btree (organization_id, id DESC);
CREATE TRIGGER reclaim_kept BEFORE DELETE ON reclaim FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE reconciliation_case (
  id text NOT NULL,
  pool_name text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  text text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  opened_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  CONSTRAINT reconciliation_case_pkey PRIMARY KEY (id),
  CONSTRAINT reconciliation_case_check CHECK ((closed_at >= opened_at))
);
CREATE UNIQUE INDEX reconciliation_case_open ON reconciliation_case USING btree (pool_name, kind, subject) WHERE (closed_at IS NULL);

CREATE TABLE reconciliation_count (
  pool_name text NOT NULL,
  kind text NOT NULL,
  total bigint NOT NULL,
  CONSTRAINT reconciliation_count_pkey PRIMARY KEY (pool_name, kind),
  CONSTRAINT reconciliation_count_total_check CHECK ((total > 0))
);

CREATE TABLE reconciliation_run (
  pool_name text NOT NULL,
  engine text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  duration_ms double precision NOT NULL,
  outcome text NOT NULL,
  text text,
  compared_at timestamp with time zone,
  counts jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT reconciliation_run_pkey PRIMARY KEY (pool_name),
  CONSTRAINT reconciliation_run_outcome_check CHECK ((outcome = ANY (ARRAY['compared'::text, 'engine_unreachable'::text])))
);

CREATE TABLE registry_login (
  organization_id text NOT NULL,
  registry text NOT NULL,
  username text NOT NULL,
  sealed_password text NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT registry_login_pkey PRIMARY KEY (organization_id, registry),
  CONSTRAINT registry_login_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id)
);

CREATE TABLE replica (
  deployment_id text NOT NULL,
  ordinal integer NOT NULL,
  lease_id text,
  url text,
  state text NOT NULL,
  text text NOT NULL DEFAULT ''::text,
  crashes integer NOT NULL DEFAULT 0,
  retry_at timestamp with time zone,
  draining_since timestamp with time zone,
  CONSTRAINT replica_pkey PRIMARY KEY (deployment_id, ordinal),
  CONSTRAINT replica_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment(id) ON DELETE CASCADE,
  CONSTRAINT replica_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES lease(id),
  CONSTRAINT replica_draining CHECK (((state = 'draining'::text) = (draining_since IS NOT NULL))),
  CONSTRAINT replica_state_check CHECK ((state = ANY (ARRAY['starting'::text, 'ready'::text, 'draining'::text, 'backing_off'::text, 'stopped'::text])))
);
CREATE TRIGGER replica_notify AFTER INSERT OR DELETE OR UPDATE ON replica FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE replica_bid (
  deployment_id text NOT NULL,
  at timestamp with time zone NOT NULL,
  span_ms integer NOT NULL,
  requests double precision NOT NULL,
  tokens_per_second double precision NOT NULL,
  pace double precision,
  places integer NOT NULL,
  demand double precision NOT NULL,
  replicas_ready integer NOT NULL,
  is_whole boolean NOT NULL,
  idle_since timestamp with time zone,
  full_earning numeric(38,12),
  energy numeric(38,12) NOT NULL,
  bids jsonb NOT NULL,
  bid_next numeric(38,12),
  ask numeric(38,12) NOT NULL,
  ask_basis text NOT NULL,
  sell numeric(38,12) NOT NULL,
  sell_basis text NOT NULL,
  stance text NOT NULL,
  stance_since timestamp with time zone NOT NULL,
  replicas_from integer NOT NULL,
  replicas_to integer NOT NULL,
  why text NOT NULL,
  text text NOT NULL,
  CONSTRAINT replica_bid_pkey PRIMARY KEY (deployment_id, at),
  CONSTRAINT replica_bid_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment(id) ON DELETE CASCADE,
  CONSTRAINT replica_bid_ask_basis_check CHECK ((ask_basis = ANY (ARRAY['reserve'::text, 'demand'::text]))),
  CONSTRAINT replica_bid_demand_check CHECK ((demand >= (0)::double precision)),
  CONSTRAINT replica_bid_pace_check CHECK ((pace > (0)::double precision)),
  CONSTRAINT replica_bid_places_check CHECK ((places > 0)),
  CONSTRAINT replica_bid_replicas_from_check CHECK ((replicas_from >= 0)),
  CONSTRAINT replica_bid_replicas_ready_check CHECK ((replicas_ready >= 0)),
  CONSTRAINT replica_bid_replicas_to_check CHECK ((replicas_to >= 0)),
  CONSTRAINT replica_bid_requests_check CHECK ((requests >= (0)::double precision)),
  CONSTRAINT replica_bid_sell_basis_check CHECK ((sell_basis = ANY (ARRAY['reserve'::text, 'demand'::text]))),
  CONSTRAINT replica_bid_span_ms_check CHECK ((span_ms > 0)),
  CONSTRAINT replica_bid_stance_check CHECK ((stance = ANY (ARRAY['above'::text, 'below'::text, 'within'::text]))),
  CONSTRAINT replica_bid_tokens_per_second_check CHECK ((tokens_per_second >= (0)::double precision))
);
CREATE INDEX replica_bid_at ON replica_bid USING btree (at);
CREATE INDEX replica_bid_moves ON replica_bid USING btree (deployment_id, at DESC) WHERE (replicas_from <> replicas_to);

CREATE TABLE replica_start (
  lease_id text NOT NULL,
  deployment_id text NOT NULL,
  ready_at timestamp with time zone NOT NULL,
  waited_ms integer NOT NULL,
  loaded_ms integer NOT NULL,
  CONSTRAINT replica_start_pkey PRIMARY KEY (lease_id),
  CONSTRAINT replica_start_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES deployment(id) ON DELETE CASCADE,
  CONSTRAINT replica_start_loaded_ms_check CHECK ((loaded_ms >= 0)),
  CONSTRAINT replica_start_waited_ms_check CHECK ((waited_ms >= 0))
);
CREATE INDEX replica_start_deployment ON replica_start USING btree (deployment_id, ready_at DESC);

CREATE TABLE request (
  id text NOT NULL,
  at timestamp with time zone NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  api_key_id text NOT NULL,
  end_user text,
  dialect text NOT NULL,
  is_stream boolean NOT NULL,
  model_asked text,
  model text,
  outcome text NOT NULL,
  status smallint NOT NULL,
  error_code text,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cached_input_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost numeric(38,12) NOT NULL,
  first_output_ms integer,
  duration_ms integer NOT NULL,
  is_cached boolean NOT NULL,
  guardrails text,
  route_version integer,
  tries jsonb NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  CONSTRAINT request_pkey PRIMARY KEY (id)
);
CREATE INDEX request_at ON request USING brin (at);
CREATE INDEX request_position ON request USING btree (xid, number);
CREATE INDEX request_project ON request USING btree (project_id, at DESC, id DESC);

CREATE TABLE request_omission (
  project_id text NOT NULL,
  organization_id text NOT NULL,
  minute timestamp with time zone NOT NULL,
  requests bigint NOT NULL,
  CONSTRAINT request_omission_pkey PRIMARY KEY (project_id, minute),
  CONSTRAINT request_omission_requests_check CHECK ((requests > 0))
);
CREATE INDEX request_omission_minute ON request_omission USING btree (minute);

CREATE TABLE request_total (
  project_id text NOT NULL,
  model text NOT NULL,
  outcome text NOT NULL,
  requests bigint NOT NULL,
  input_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  cached_input_tokens bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  reasoning_tokens bigint NOT NULL DEFAULT 0,
  cost numeric(38,12) NOT NULL DEFAULT 0,
  duration_ms bigint NOT NULL DEFAULT 0,
  duration_counts bigint[] NOT NULL DEFAULT '{}'::bigint[],
  first_outputs bigint NOT NULL DEFAULT 0,
  first_output_ms bigint NOT NULL DEFAULT 0,
  first_output_counts bigint[] NOT NULL DEFAULT '{}'::bigint[],
  CONSTRAINT request_total_pkey PRIMARY KEY (project_id, model, outcome)
);

CREATE TABLE route (
  model_name text NOT NULL,
  version integer NOT NULL,
  document jsonb,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT route_pkey PRIMARY KEY (model_name, version),
  CONSTRAINT route_model_name_fkey FOREIGN KEY (model_name) REFERENCES model(name),
  CONSTRAINT route_version_check CHECK ((version > 0))
);
CREATE TRIGGER route_append_only BEFORE DELETE OR UPDATE ON route FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER route_notify AFTER INSERT ON route FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE route_breaker (
  server_id text NOT NULL,
  writer text NOT NULL,
  model_name text NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  open_until timestamp with time zone NOT NULL,
  CONSTRAINT route_breaker_pkey PRIMARY KEY (server_id, writer)
);

CREATE TABLE route_constraint (
  project_id text NOT NULL,
  organization_id text NOT NULL,
  constraints jsonb NOT NULL,
  set_at timestamp with time zone NOT NULL,
  CONSTRAINT route_constraint_pkey PRIMARY KEY (project_id),
  CONSTRAINT route_constraint_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT route_constraint_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id)
);
CREATE TRIGGER route_constraint_notify AFTER INSERT OR DELETE OR UPDATE ON route_constraint FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE schema_migration (
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT schema_migration_pkey PRIMARY KEY (name)
);

CREATE TABLE sell_back (
  id text NOT NULL,
  block_id text NOT NULL,
  nodes integer NOT NULL,
  placements jsonb NOT NULL,
  offered_at timestamp with time zone NOT NULL,
  withdrawn_at timestamp with time zone,
  back_at timestamp with time zone,
  settled_at timestamp with time zone,
  credit_usd numeric(38,12),
  credit_transaction_id text,
  CONSTRAINT sell_back_pkey PRIMARY KEY (id),
  CONSTRAINT sell_back_block_id_fkey FOREIGN KEY (block_id) REFERENCES block(id),
  CONSTRAINT sell_back_credit_transaction_id_fkey FOREIGN KEY (credit_transaction_id) REFERENCES ledger_transaction(id),
  CONSTRAINT sell_back_check CHECK ((withdrawn_at >= offered_at)),
  CONSTRAINT sell_back_check1 CHECK ((back_at >= withdrawn_at)),
  CONSTRAINT sell_back_check2 CHECK (((settled_at IS NULL) = (credit_usd IS NULL))),
  CONSTRAINT sell_back_check3 CHECK (((COALESCE(credit_usd, (0)::numeric) > (0)::numeric) = (credit_transaction_id IS NOT NULL))),
  CONSTRAINT sell_back_credit_usd_check CHECK ((credit_usd >= (0)::numeric)),
  CONSTRAINT sell_back_nodes_check CHECK ((nodes > 0))
);
CREATE INDEX sell_back_block ON sell_back USING btree (block_id);

CREATE TABLE sell_back_line (
  sell_back_id text NOT NULL,
  lease_id text NOT NULL,
  gpu_ms bigint NOT NULL,
  paid_usd numeric(38,12) NOT NULL,
  credit_usd numeric(38,12) NOT NULL,
  CONSTRAINT sell_back_line_pkey PRIMARY KEY (sell_back_id, lease_id),
  CONSTRAINT sell_back_line_sell_back_id_fkey FOREIGN KEY (sell_back_id) REFERENCES sell_back(id),
  CONSTRAINT sell_back_line_check CHECK (((credit_usd >= (0)::numeric) AND (credit_usd <= paid_usd))),
  CONSTRAINT sell_back_line_gpu_ms_check CHECK ((gpu_ms > 0)),
  CONSTRAINT sell_back_line_paid_usd_check CHECK ((paid_usd >= (0)::numeric))
);
CREATE TRIGGER sell_back_line_append_only BEFORE DELETE OR UPDATE ON sell_back_line FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE session (
  secret_hash text NOT NULL,
  api_key_id text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT session_pkey PRIMARY KEY (secret_hash),
  CONSTRAINT session_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id)
);

CREATE TABLE simulation (
  id text NOT NULL,
  organization_id text NOT NULL,
  name text NOT NULL,
  state text NOT NULL,
  progress double precision NOT NULL DEFAULT 0,
  scenario text NOT NULL,
  plan jsonb NOT NULL,
  notes jsonb NOT NULL,
  result jsonb,
  failure text,
  created_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  CONSTRAINT simulation_pkey PRIMARY KEY (id),
  CONSTRAINT simulation_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT simulation_check CHECK (((state = 'done'::text) = (result IS NOT NULL))),
  CONSTRAINT simulation_check1 CHECK (((state = 'failed'::text) = (failure IS NOT NULL))),
  CONSTRAINT simulation_check2 CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
  CONSTRAINT simulation_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
  CONSTRAINT simulation_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX simulation_organization ON simulation USING btree (organization_id, created_at DESC);

CREATE TABLE site (
  name text NOT NULL,
  region text NOT NULL,
  jurisdiction text NOT NULL,
  ownership text NOT NULL,
  pue double precision NOT NULL,
  power_usd_per_kwh numeric(38,12) NOT NULL,
  power_cap_kw double precision,
  CONSTRAINT site_pkey PRIMARY KEY (name),
  CONSTRAINT site_ownership_check CHECK ((ownership = ANY (ARRAY['owned'::text, 'leased'::text, 'resold'::text]))),
  CONSTRAINT site_power_usd_per_kwh_check CHECK ((power_usd_per_kwh >= (0)::numeric)),
  CONSTRAINT site_pue_check CHECK ((pue >= (1)::double precision))
);

CREATE TABLE sku (
  name text NOT NULL,
  unit text NOT NULL,
  description text NOT NULL,
  CONSTRAINT sku_pkey PRIMARY KEY (name),
  CONSTRAINT sku_unit_check CHECK ((unit = ANY (ARRAY['gpu_ms'::text, 'token'::text])))
);

CREATE TABLE slot_fault (
  node_id text NOT NULL,
  slot integer NOT NULL,
  reason text NOT NULL,
  is_lost boolean NOT NULL,
  since timestamp with time zone NOT NULL,
  last_good_at timestamp with time zone,
  cleared_at timestamp with time zone,
  reading text NOT NULL DEFAULT 'engine'::text,
  seen_boot_id text,
  seen_at_seconds double precision,
  is_dismissed boolean NOT NULL DEFAULT false,
  CONSTRAINT slot_fault_pkey PRIMARY KEY (node_id, slot, reading, since),
  CONSTRAINT slot_fault_node_id_fkey FOREIGN KEY (node_id) REFERENCES node(id),
  CONSTRAINT slot_fault_check CHECK ((last_good_at <= since)),
  CONSTRAINT slot_fault_check1 CHECK ((cleared_at >= since)),
  CONSTRAINT slot_fault_check2 CHECK (((seen_at_seconds IS NULL) OR (seen_boot_id IS NOT NULL))),
  CONSTRAINT slot_fault_check3 CHECK (((cleared_at IS NOT NULL) OR (NOT is_dismissed))),
  CONSTRAINT slot_fault_reading_check CHECK ((reading = ANY (ARRAY['engine'::text, 'kernel_log'::text, 'dcgm'::text, 'check'::text]))),
  CONSTRAINT slot_fault_slot_check CHECK ((slot >= 0))
);
CREATE UNIQUE INDEX slot_fault_open ON slot_fault USING btree (node_id, slot, reading) WHERE (cleared_at IS NULL);

CREATE TABLE stored_content (
  request_id text NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  api_key_id text NOT NULL,
  model text NOT NULL,
  dialect text NOT NULL,
  sealed text NOT NULL,
  bytes integer NOT NULL,
  at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT stored_content_pkey PRIMARY KEY (request_id),
  CONSTRAINT stored_content_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT stored_content_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id)
);
CREATE INDEX stored_content_expiry ON stored_content USING btree (expires_at);
CREATE INDEX stored_content_project ON stored_content USING btree (project_id, at, request_id);

CREATE TABLE strand (
  program text NOT NULL,
  subject text NOT NULL,
  wake_at timestamp with time zone NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  last_failure text,
  CONSTRAINT strand_pkey PRIMARY KEY (program, subject)
);
CREATE INDEX strand_wake ON strand USING btree (wake_at);
CREATE TRIGGER strand_made AFTER INSERT ON strand FOR EACH ROW EXECUTE FUNCTION notify_strand();
CREATE TRIGGER strand_woken AFTER UPDATE ON strand FOR EACH ROW WHEN (new.wake_at < old.wake_at) EXECUTE FUNCTION notify_strand();

CREATE TABLE surplus_rate (
  pool_name text NOT NULL,
  hour timestamp with time zone NOT NULL,
  eta double precision NOT NULL,
  promises integer NOT NULL,
  breaches integer NOT NULL,
  head_wait_ms bigint NOT NULL,
  CONSTRAINT surplus_rate_pkey PRIMARY KEY (pool_name, hour),
  CONSTRAINT surplus_rate_check CHECK (((breaches >= 0) AND (breaches <= promises))),
  CONSTRAINT surplus_rate_eta_check CHECK (((eta > (0)::double precision) AND (eta <= (1)::double precision))),
  CONSTRAINT surplus_rate_head_wait_ms_check CHECK ((head_wait_ms >= 0)),
  CONSTRAINT surplus_rate_promises_check CHECK ((promises >= 0))
);
CREATE TRIGGER surplus_rate_append_only BEFORE DELETE OR UPDATE ON surplus_rate FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE task_attempt (
  id uuid NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  task_id text NOT NULL,
  asked text NOT NULL,
  model text NOT NULL,
  route_version integer,
  tries smallint NOT NULL,
  tokens bigint NOT NULL,
  amount numeric(38,12) NOT NULL,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone NOT NULL,
  CONSTRAINT task_attempt_pkey PRIMARY KEY (id),
  CONSTRAINT task_attempt_amount_check CHECK ((amount >= (0)::numeric)),
  CONSTRAINT task_attempt_task_id_check CHECK (((length(task_id) >= 1) AND (length(task_id) <= 128))),
  CONSTRAINT task_attempt_tokens_check CHECK ((tokens >= 0)),
  CONSTRAINT task_attempt_tries_check CHECK ((tries > 0))
);
CREATE INDEX task_attempt_from_at ON task_attempt USING btree (from_at);
CREATE INDEX task_attempt_task ON task_attempt USING btree (organization_id, task_id);
CREATE INDEX task_attempt_time ON task_attempt USING btree (organization_id, from_at);

CREATE TABLE team_forecast (
  pool_name text NOT NULL,
  organization_id text NOT NULL,
  hour timestamp with time zone NOT NULL,
  horizon_hours integer NOT NULL,
  capacity_gpus integer NOT NULL,
  peak double precision[] NOT NULL,
  fallback text,
  CONSTRAINT team_forecast_pkey PRIMARY KEY (pool_name, organization_id, hour, horizon_hours),
  CONSTRAINT team_forecast_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT team_forecast_capacity_gpus_check CHECK ((capacity_gpus >= 0)),
  CONSTRAINT team_forecast_fallback_check CHECK ((fallback = ANY (ARRAY['no_history'::text, 'little_history'::text, 'low_confidence'::text]))),
  CONSTRAINT team_forecast_horizon_hours_check CHECK ((horizon_hours > 0))
);
CREATE INDEX team_forecast_hour ON team_forecast USING btree (hour);

CREATE TABLE transfer_charge (
  pool_name text NOT NULL,
  hour timestamp with time zone NOT NULL,
  revision integer NOT NULL,
  organization_id text NOT NULL,
  kind text NOT NULL,
  gpu_ms bigint NOT NULL,
  usd_per_gpu_hour numeric(38,12) NOT NULL,
  amount_usd numeric(38,12) NOT NULL,
  ledger_transaction_id text NOT NULL,
  CONSTRAINT transfer_charge_pkey PRIMARY KEY (pool_name, hour, revision, organization_id, kind),
  CONSTRAINT transfer_charge_ledger_transaction_id_fkey FOREIGN KEY (ledger_transaction_id) REFERENCES ledger_transaction(id),
  CONSTRAINT transfer_charge_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT transfer_charge_pool_name_fkey FOREIGN KEY (pool_name) REFERENCES pool(name),
  CONSTRAINT transfer_charge_amount_usd_check CHECK ((amount_usd <> (0)::numeric)),
  CONSTRAINT transfer_charge_check CHECK (((revision > 1) OR (amount_usd > (0)::numeric))),
  CONSTRAINT transfer_charge_kind_check CHECK ((kind = ANY (ARRAY['used'::text, 'kept'::text]))),
  CONSTRAINT transfer_charge_revision_check CHECK ((revision > 0)),
  CONSTRAINT transfer_charge_usd_per_gpu_hour_check CHECK ((usd_per_gpu_hour >= (0)::numeric))
);
CREATE TRIGGER transfer_charge_append_only BEFORE DELETE OR UPDATE ON transfer_charge FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE upstream (
  id text NOT NULL,
  model_name text NOT NULL,
  provider text NOT NULL,
  url text NOT NULL,
  upstream_model text NOT NULL,
  sealed_credential text,
  region text,
  data_policy text NOT NULL,
  input_cost_usd numeric(38,12),
  output_cost_usd numeric(38,12),
  created_at timestamp with time zone NOT NULL,
  allows_private_network boolean NOT NULL DEFAULT false,
  CONSTRAINT upstream_pkey PRIMARY KEY (id),
  CONSTRAINT upstream_model_name_url_upstream_model_key UNIQUE (model_name, url, upstream_model),
  CONSTRAINT upstream_model_name_fkey FOREIGN KEY (model_name) REFERENCES model(name),
  CONSTRAINT upstream_data_policy_check CHECK ((data_policy = ANY (ARRAY['unknown'::text, 'not_kept'::text, 'kept'::text, 'trained_on'::text]))),
  CONSTRAINT upstream_input_cost_usd_check CHECK ((input_cost_usd >= (0)::numeric)),
  CONSTRAINT upstream_output_cost_usd_check CHECK ((output_cost_usd >= (0)::numeric))
);
CREATE TRIGGER upstream_notify AFTER INSERT OR DELETE OR UPDATE ON upstream FOR EACH STATEMENT EXECUTE FUNCTION notify_route();

CREATE TABLE usage_detail (
  id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  detail jsonb NOT NULL,
  CONSTRAINT usage_detail_pkey PRIMARY KEY (id)
);
CREATE INDEX usage_detail_at ON usage_detail USING btree (at);

CREATE TABLE usage_event (
  id uuid NOT NULL,
  line smallint NOT NULL,
  organization_id text NOT NULL,
  project_id text NOT NULL,
  sku text NOT NULL,
  price_id text NOT NULL,
  resource text NOT NULL,
  quantity bigint NOT NULL,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone NOT NULL,
  CONSTRAINT usage_event_pkey PRIMARY KEY (id, line),
  CONSTRAINT usage_event_check CHECK ((to_at >= from_at)),
  CONSTRAINT usage_event_quantity_check CHECK ((quantity >= 0))
);

CREATE TABLE usage_hour (
  organization_id text NOT NULL,
  project_id text NOT NULL,
  sku text NOT NULL,
  price_id text NOT NULL,
  resource text NOT NULL,
  hour timestamp with time zone NOT NULL,
  quantity numeric(38,0) NOT NULL,
  amount numeric(38,12) NOT NULL,
  CONSTRAINT usage_hour_pkey PRIMARY KEY (organization_id, project_id, sku, price_id, resource, hour),
  CONSTRAINT usage_hour_amount_check CHECK ((amount >= (0)::numeric)),
  CONSTRAINT usage_hour_quantity_check CHECK ((quantity >= (0)::numeric))
);
CREATE INDEX usage_hour_hour ON usage_hour USING btree (hour);
CREATE INDEX usage_hour_resource ON usage_hour USING btree (resource);

CREATE TABLE webhook (
  id text NOT NULL,
  organization_id text NOT NULL,
  is_operators boolean NOT NULL,
  scope text NOT NULL,
  url text NOT NULL,
  description text NOT NULL,
  events text[] NOT NULL,
  state text NOT NULL,
  sealed_secret text NOT NULL,
  sealed_previous_secret text,
  previous_secret_until timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  failing_since timestamp with time zone,
  last_delivered_at timestamp with time zone,
  CONSTRAINT webhook_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id),
  CONSTRAINT webhook_check CHECK (((sealed_previous_secret IS NULL) = (previous_secret_until IS NULL))),
  CONSTRAINT webhook_events_check CHECK ((cardinality(events) > 0)),
  CONSTRAINT webhook_scope_check CHECK ((scope = ANY (ARRAY['organization'::text, 'fleet'::text]))),
  CONSTRAINT webhook_state_check CHECK ((state = ANY (ARRAY['enabled'::text, 'failing'::text, 'gone'::text])))
);
CREATE INDEX webhook_organization ON webhook USING btree (organization_id, created_at);

CREATE TABLE webhook_cursor (
  singleton boolean NOT NULL DEFAULT true,
  "position" text NOT NULL,
  CONSTRAINT webhook_cursor_pkey PRIMARY KEY (singleton),
  CONSTRAINT webhook_cursor_singleton_check CHECK (singleton)
);

CREATE TABLE webhook_delivery (
  id text NOT NULL,
  webhook_id text NOT NULL,
  message_id text NOT NULL,
  type text NOT NULL,
  lease_id text,
  attempt integer,
  body text NOT NULL,
  lane text NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL,
  next_attempt_at timestamp with time zone,
  deadline_at timestamp with time zone,
  recorded text,
  last_attempt_at timestamp with time zone,
  delivered_at timestamp with time zone,
  last_status integer,
  last_failure text,
  CONSTRAINT webhook_delivery_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_delivery_webhook_id_message_id_key UNIQUE (webhook_id, message_id),
  CONSTRAINT webhook_delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhook(id) ON DELETE CASCADE,
  CONSTRAINT webhook_delivery_check CHECK (((state = 'pending'::text) = (next_attempt_at IS NOT NULL))),
  CONSTRAINT webhook_delivery_check1 CHECK (((state = 'delivered'::text) <= (delivered_at IS NOT NULL))),
  CONSTRAINT webhook_delivery_lane_check CHECK ((lane = ANY (ARRAY['urgent'::text, 'usual'::text]))),
  CONSTRAINT webhook_delivery_recorded_check CHECK ((recorded = ANY (ARRAY['delivered'::text, 'failed'::text]))),
  CONSTRAINT webhook_delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX webhook_delivery_created ON webhook_delivery USING btree (created_at);
CREATE INDEX webhook_delivery_due ON webhook_delivery USING btree (webhook_id, lane, next_attempt_at) WHERE (state = 'pending'::text);

CREATE VIEW quota_use AS
 SELECT lease.organization_id,
    lease.project_id,
    lease.pool_name,
    lease.kind AS tier,
        CASE
            WHEN lease.state = 'pending'::text THEN 'waiting'::text
            ELSE 'held'::text
        END AS part,
    lease.gpus,
    NULL::timestamp with time zone AS expires_at
   FROM lease
  WHERE lease.state <> 'ended'::text AND (lease.kind = ANY (ARRAY['on_demand'::text, 'spot'::text, 'flex'::text])) AND lease.block_id IS NULL
UNION ALL
 SELECT market_order.organization_id,
    market_order.project_id,
    market_order.pool_name,
    market_order.tier,
    'ordered'::text AS part,
    market_order.gpus,
    NULL::timestamp with time zone AS expires_at
   FROM market_order
  WHERE market_order.closed_at IS NULL
UNION ALL
 SELECT quote.organization_id,
    quote.project_id,
    quote.pool_name,
    'on_demand'::text AS tier,
    'quoted'::text AS part,
    quote.gpus,
    quote.expires_at
   FROM quote
  WHERE quote.order_id IS NULL;

CREATE OR REPLACE FUNCTION add_counts(a bigint[], b bigint[])
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY n) FROM unnest(a, b) WITH ORDINALITY AS u (x, y, n)
$function$;

CREATE OR REPLACE FUNCTION check_booking()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  most bigint;
  slots bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('booking ' || NEW.pool_name, 0));
  SELECT max(total) INTO most FROM (
    SELECT (
      SELECT sum(gpus) FROM booking
      WHERE pool_name = NEW.pool_name AND closed_at IS NULL AND starts_at <= point.at AND ends_at > point.at
    ) AS total
    FROM (
      SELECT NEW.starts_at AS at
      UNION
      SELECT starts_at FROM booking
      WHERE pool_name = NEW.pool_name AND closed_at IS NULL
        AND starts_at > NEW.starts_at AND starts_at < NEW.ends_at
    ) AS point
  ) AS totals;
  SELECT coalesce(sum(slot_count), 0) INTO slots FROM node
  WHERE pool_name = NEW.pool_name AND retired_at IS NULL;
  IF most > slots THEN
    RAISE EXCEPTION 'the pool % has % slots, and % would be booked at once', NEW.pool_name, slots, most
      USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_no_oversale';
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION check_new_entries()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  wrong text;
  transactions text[];
  accounts text[];
BEGIN
  SELECT min(transaction_id) INTO wrong FROM (
    SELECT transaction_id FROM new_entries GROUP BY transaction_id HAVING sum(amount) <> 0
  ) unbalanced;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', wrong USING ERRCODE = 'check_violation';
  END IF;
  SELECT array_agg(DISTINCT transaction_id), array_agg(DISTINCT account_id) INTO transactions, accounts
  FROM new_entries;
  IF (SELECT count(*) FROM ledger_account WHERE id = ANY (accounts)) < cardinality(accounts) THEN
    RAISE EXCEPTION 'a ledger entry is of an account that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF (SELECT count(*) FROM ledger_transaction WHERE id = ANY (transactions)) < cardinality(transactions) THEN
    RAISE EXCEPTION 'a ledger entry is of a transaction that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
  -- Entries come with their transaction: a later one would change what is closed.
  IF EXISTS (
    SELECT FROM ledger_transaction
    WHERE id = ANY (transactions) AND xmin <> pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'a ledger transaction is closed once committed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION check_new_transactions()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  transactions text[];
BEGIN
  SELECT array_agg(id) INTO transactions FROM new_transactions;
  IF (SELECT count(DISTINCT transaction_id) FROM ledger_entry WHERE transaction_id = ANY (transactions))
    < cardinality(transactions)
  THEN
    RAISE EXCEPTION 'a ledger transaction comes with entries that sum to zero' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION count_within(ms integer[])
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT array_agg((SELECT count(*) FROM unnest(ms) AS m WHERE m <= bound) ORDER BY bound)
  FROM unnest('{10,25,50,100,250,500,1000,2500,5000,10000,30000,60000,300000}'::integer[]) AS bound
$function$;

CREATE OR REPLACE FUNCTION keep_requests(lines text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
BEGIN
  WITH fresh AS (
    INSERT INTO request (id, at, organization_id, project_id, api_key_id, end_user, dialect, is_stream, model_asked,
      model, outcome, status, error_code, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
      reasoning_tokens, cost, first_output_ms, duration_ms, is_cached, guardrails, route_version, tries)
    SELECT id, at, organization_id, project_id, api_key_id, end_user, dialect, is_stream, model_asked,
      model, outcome, status, error_code, coalesce(input_tokens, 0), coalesce(output_tokens, 0),
      coalesce(cached_input_tokens, 0), coalesce(cache_write_tokens, 0), coalesce(reasoning_tokens, 0),
      coalesce(cost, 0), first_output_ms, duration_ms, coalesce(is_cached, false), guardrails, route_version,
      coalesce(tries, '[]')
    FROM jsonb_to_recordset(lines::jsonb) AS line (id text, at timestamptz, organization_id text, project_id text,
      api_key_id text, end_user text, dialect text, is_stream boolean, model_asked text, model text, outcome text,
      status smallint, error_code text, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint,
      cache_write_tokens bigint, reasoning_tokens bigint, cost numeric, first_output_ms integer, duration_ms integer,
      is_cached boolean, guardrails text, route_version integer, tries jsonb)
    ON CONFLICT (id) DO NOTHING
    RETURNING *
  )
  INSERT INTO request_total AS t (project_id, model, outcome, requests, input_tokens, output_tokens,
    cached_input_tokens, cache_write_tokens, reasoning_tokens, cost, duration_ms, duration_counts, first_outputs,
    first_output_ms, first_output_counts)
  SELECT project_id, coalesce(model, ''), outcome, count(*), sum(input_tokens), sum(output_tokens),
    sum(cached_input_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(cost), sum(duration_ms),
    count_within(array_agg(duration_ms)), count(first_output_ms), coalesce(sum(first_output_ms), 0),
    count_within(array_agg(first_output_ms))
  FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (project_id, model, outcome) DO UPDATE SET
    requests = t.requests + excluded.requests,
    input_tokens = t.input_tokens + excluded.input_tokens,
    output_tokens = t.output_tokens + excluded.output_tokens,
    cached_input_tokens = t.cached_input_tokens + excluded.cached_input_tokens,
    cache_write_tokens = t.cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = t.reasoning_tokens + excluded.reasoning_tokens,
    cost = t.cost + excluded.cost,
    duration_ms = t.duration_ms + excluded.duration_ms,
    duration_counts = add_counts(t.duration_counts, excluded.duration_counts),
    first_outputs = t.first_outputs + excluded.first_outputs,
    first_output_ms = t.first_output_ms + excluded.first_output_ms,
    first_output_counts = add_counts(t.first_output_counts, excluded.first_output_counts);
  RETURN true;
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
  RETURN false;
END $function$;

CREATE OR REPLACE FUNCTION notify_api_key()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_api_key', NEW.id);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_batch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_batch', NEW.id);
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_budget()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_budget', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_content()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_content', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_event', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_guardrail()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_guardrail', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_rate_limit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_rate_limit', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_route()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_route', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION notify_strand()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM pg_notify('spillway_strand', '');
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $function$;
