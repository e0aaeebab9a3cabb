-- What a lease keeps but never tells, such as the values of secret variables: sealed under the installation's pepper,
-- which is not in the database. Names are told.
ALTER TABLE lease
  ADD COLUMN secret_names text[] NOT NULL DEFAULT '{}',
  -- {"environment": {"NAME": "sealed value"}}
  ADD COLUMN sealed jsonb;
