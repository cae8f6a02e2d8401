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
  serial TEXT,
  account_id BIGINT,
  push_token BLOB,
  push_magic TEXT,
  unlock_token BLOB,
  bootstrap_token BLOB,
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
CREATE INDEX enrollment_by_organization ON enrollment (organization_id{then_id});
CREATE INDEX enrollment_by_serial ON enrollment (organization_id, serial{then_id}) WHERE serial IS NOT NULL;
CREATE INDEX enrollment_listed ON enrollment (organization_id{then_id}) WHERE status = 'enrolled' AND serial IS NOT NULL;
CREATE INDEX enrollment_by_account ON enrollment (account_id{then_id}) WHERE account_id IS NOT NULL;

CREATE TABLE scep_challenge (
  challenge_hash BLOB PRIMARY KEY,
  organization_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  serial TEXT,
  udid TEXT,
  product_type TEXT NOT NULL,
  account_id BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
) {clustered};
CREATE INDEX scep_challenge_unused ON scep_challenge (expires_at) WHERE used_at IS NULL;

CREATE TABLE device_certificate (
  certificate_hash BLOB PRIMARY KEY,
  organization_id BIGINT NOT NULL,
  challenge_hash BLOB NOT NULL,
  public_key_hash BLOB NOT NULL,
  certificate BLOB NOT NULL,
  enrollment_id BIGINT,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
) {clustered};
CREATE INDEX device_certificate_by_enrollment ON device_certificate (enrollment_id)
  WHERE enrollment_id IS NOT NULL;
CREATE INDEX device_certificate_by_challenge ON device_certificate (challenge_hash);

CREATE TABLE account_token (
  token_hash BLOB PRIMARY KEY,
  organization_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  enrollment_id BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) {clustered};
CREATE INDEX account_token_by_account ON account_token (account_id);
CREATE INDEX account_token_by_expiry ON account_token (expires_at);

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
CREATE INDEX command_by_enrollment ON command (enrollment_id{then_id});
CREATE INDEX command_open ON command (enrollment_id{then_id}) WHERE state IN ('queued', 'sent', 'notnow');
"""
