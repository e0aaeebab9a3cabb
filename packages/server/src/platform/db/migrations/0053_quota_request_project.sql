-- More may be asked for one project of an organization alone, as a quota may be of one.
ALTER TABLE quota_request ADD COLUMN project_id text REFERENCES project;
