"""The built-in device management service: its authorities, enrolments and commands."""

TABLES = """
CREATE TABLE authority (
  organization_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  certificate BLOB NOT NULL,
  key BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (organization_id, name)
) {clustered};

CREATE TABLE enrollment (
  id {auto},
  organization_id BIGINT NOT NULL,
  enrollment_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  udid TEXT,
  serial TEXT,
  account_id BIGINT,
  certificate_hash BLOB,
  topic TEXT,
  push_token BLOB,
  push_magic TEXT,
  unlock_token BLOB,
  awaiting_configuration BIGINT NOT NULL DEFAULT 0,
  device_name TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL DEFAULT '',
  product_type TEXT NOT NULL DEFAULT '',
  os_version TEXT NOT NULL DEFAULT '',
  build TEXT NOT NULL DEFAULT '',
  information TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL,
  enrolled_at BIGINT,
  left_at BIGINT,
  last_seen BIGINT NOT NULL,
  UNIQUE (organization_id, enrollment_key)
);
CREATE INDEX enrollment_by_serial ON enrollment (organization_id, serial);

CREATE TABLE scep_challenge (
  challenge_hash BLOB PRIMARY KEY,
  organization_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  serial TEXT,
  account_id BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
) {clustered};

CREATE TABLE device_certificate (
  certificate_hash BLOB PRIMARY KEY,
  organization_id BIGINT NOT NULL,
  challenge_hash BLOB NOT NULL,
  certificate BLOB NOT NULL,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
) {clustered};

CREATE TABLE account_token (
  token_hash BLOB PRIMARY KEY,
  organization_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  mode TEXT NOT NULL,
  enrollment_id BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) {clustered};

CREATE TABLE command (
  id {auto},
  uuid TEXT NOT NULL UNIQUE,
  enrollment_id BIGINT NOT NULL,
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  state TEXT NOT NULL,
  result BLOB,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX command_open ON command (enrollment_id{then_id}) WHERE state IN ('queued', 'sent', 'notnow');
"""
