-- The request log: a line a request, written with its usage where it used something, else by its gateway. Metadata
-- alone. Money does not depend on it: a line that cannot be kept is counted and stands in the way of nothing.
CREATE TABLE request (
  id text PRIMARY KEY,
  at timestamptz NOT NULL,
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
  -- Where it stands for those who read along; see the table event.
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX request_project ON request (project_id, at DESC, id DESC);
CREATE INDEX request_position ON request (xid, number);
CREATE INDEX request_at ON request USING brin (at);

-- Requests of a minute that have no line: too many were refused at once, or a line could not be kept.
CREATE TABLE request_omission (
  project_id text NOT NULL,
  organization_id text NOT NULL,
  minute timestamptz NOT NULL,
  requests bigint NOT NULL CHECK (requests > 0),
  PRIMARY KEY (project_id, minute)
);
CREATE INDEX request_omission_minute ON request_omission (minute);

-- Sums of all that was ever kept, by project, model and outcome, for those who scrape. Counts by bound are cumulative.
CREATE TABLE request_total (
  project_id text NOT NULL,
  -- The one that answered, or nothing. Of the outcome 'omitted' there is no more than the count.
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
  duration_counts bigint[] NOT NULL DEFAULT '{}',
  first_outputs bigint NOT NULL DEFAULT 0,
  first_output_ms bigint NOT NULL DEFAULT 0,
  first_output_counts bigint[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (project_id, model, outcome)
);

CREATE FUNCTION add_counts(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY n) FROM unnest(a, b) WITH ORDINALITY AS u (x, y, n)
$$;

-- How many of these are at most each bound. The bounds are those of the endpoint that is scraped.
CREATE FUNCTION count_within(ms integer[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg((SELECT count(*) FROM unnest(ms) AS m WHERE m <= bound) ORDER BY bound)
  FROM unnest('{10,25,50,100,250,500,1000,2500,5000,10000,30000,60000,300000}'::integer[]) AS bound
$$;

-- False: what is in them cannot be kept, and nothing of it is. The transaction around it goes on either way.
CREATE FUNCTION keep_requests(lines text) RETURNS boolean LANGUAGE plpgsql AS $$
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
END $$;
