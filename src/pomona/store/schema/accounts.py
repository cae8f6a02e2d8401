"""People's accounts in the portal and programs' accounts in the Business API."""

TABLES = """
CREATE TABLE account (
  id {auto},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  managed BIGINT NOT NULL DEFAULT 1,
  password_hash TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX account_by_organization ON account (organization_id{then_id});

CREATE TABLE portal_session (
  token_hash BLOB PRIMARY KEY,
  account_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  address TEXT NOT NULL
) {clustered};
CREATE INDEX portal_session_by_account ON portal_session (account_id);
CREATE INDEX portal_session_by_expiry ON portal_session (expires_at);

CREATE TABLE sign_in_attempt (
  bucket BLOB PRIMARY KEY,
  attempts BIGINT NOT NULL,
  since BIGINT NOT NULL
) {clustered};
CREATE INDEX sign_in_attempt_by_time ON sign_in_attempt (since);

CREATE TABLE api_account (
  id {auto},
  organization_id BIGINT NOT NULL,
  client_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  permissions TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX api_account_by_organization ON api_account (organization_id{then_id});

CREATE TABLE api_key (
  key_id TEXT PRIMARY KEY,
  api_account_id BIGINT NOT NULL,
  public_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT
) {clustered};
CREATE INDEX api_key_by_account ON api_key (api_account_id);
"""
