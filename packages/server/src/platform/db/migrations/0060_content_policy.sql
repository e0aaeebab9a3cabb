-- What a project lets be kept of its prompts and answers, and the answers that its cache has.
CREATE TABLE content_policy (
  project_id text PRIMARY KEY REFERENCES project,
  organization_id text NOT NULL REFERENCES organization,
  cache text NOT NULL CHECK (cache IN ('off', 'asked', 'on')),
  cache_ttl_s integer NOT NULL CHECK (cache_ttl_s BETWEEN 1 AND 2592000),
  is_sampled_cached boolean NOT NULL,
  -- Another one with each purge and each change: answers of an earlier one are never given again.
  generation text NOT NULL,
  -- The key of the principal who set it.
  set_by text NOT NULL,
  set_at timestamptz NOT NULL
);
CREATE FUNCTION notify_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('spillway_content', '');
  RETURN NULL;
END $$;
CREATE TRIGGER content_policy_notify AFTER INSERT OR UPDATE OR DELETE ON content_policy
FOR EACH STATEMENT EXECUTE FUNCTION notify_content();

CREATE TABLE cached_answer (
  -- A hash of the request under a key of the project's own: it says nothing to who does not have the request.
  id text PRIMARY KEY,
  project_id text NOT NULL REFERENCES project,
  generation text NOT NULL,
  model text NOT NULL,
  request_id text NOT NULL,
  sealed text NOT NULL,
  bytes integer NOT NULL,
  input_tokens integer NOT NULL,
  output_tokens integer NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL
);
CREATE INDEX cached_answer_project ON cached_answer (project_id, used_at);
CREATE INDEX cached_answer_expiry ON cached_answer (expires_at);

-- How often a project's cache had the answer, by day.
CREATE TABLE cache_day (
  project_id text NOT NULL REFERENCES project,
  day date NOT NULL,
  hits bigint NOT NULL,
  misses bigint NOT NULL,
  hit_tokens bigint NOT NULL,
  PRIMARY KEY (project_id, day)
);
