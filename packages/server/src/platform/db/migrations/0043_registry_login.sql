-- Logins at registries of container images, by organization. The password is sealed, and opened only to ask the registry.
CREATE TABLE registry_login (
  organization_id text NOT NULL REFERENCES organization,
  registry text NOT NULL,
  username text NOT NULL,
  sealed_password text NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, registry)
);
