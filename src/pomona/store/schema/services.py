"""Device management services, their keys, tokens and profiles, what they did to devices, and the log each of them reads.

Numbers of services, tokens and profiles are never used again: sessions, cursors, logs and activities outlive what they name.
"""

TABLES = """
CREATE TABLE service (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  may_release BIGINT NOT NULL DEFAULT 0,
  certificate BLOB,
  certificate_name TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  connected_at BIGINT,
  connected_from TEXT,
  refused_at BIGINT,
  refused_from TEXT,
  refused_because TEXT,
  device_count BIGINT NOT NULL DEFAULT 0,
  last_operation BIGINT NOT NULL DEFAULT 0,
  discovery_url TEXT,
  discovery_url_at BIGINT,
  switches TEXT NOT NULL DEFAULT '{}',
  UNIQUE (organization_id, name)
);

CREATE TABLE default_assignment (
  organization_id BIGINT NOT NULL,
  family TEXT NOT NULL,
  service_id BIGINT NOT NULL,
  PRIMARY KEY (organization_id, family)
) {clustered};

CREATE TABLE server_token (
  id {never_reused},
  service_id BIGINT NOT NULL,
  consumer_key TEXT NOT NULL,
  access_token TEXT NOT NULL UNIQUE,
  secrets BLOB NOT NULL,
  issued_at BIGINT NOT NULL,
  issued_by TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  replaced_at BIGINT,
  revoked_at BIGINT,
  warned_days BIGINT
);
CREATE INDEX server_token_by_service ON server_token (service_id{then_id});
CREATE INDEX server_token_by_consumer ON server_token (consumer_key);

CREATE TABLE nonce (
  token_id BIGINT NOT NULL,
  nonce TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (token_id, nonce, at)
) {clustered};
CREATE INDEX nonce_by_time ON nonce (at);

CREATE TABLE profile (
  id {never_reused},
  service_id BIGINT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX profile_by_service ON profile (service_id{then_id});

CREATE TABLE replacement (
  device_id {id},
  original_device_id BIGINT NOT NULL,
  original_serial TEXT NOT NULL,
  replaced_at BIGINT NOT NULL
);
CREATE INDEX replacement_by_original ON replacement (original_device_id);

CREATE TABLE activation_lock (
  device_id {id},
  service_id BIGINT NOT NULL,
  escrow_key BLOB,
  lost_message TEXT,
  locked_at BIGINT NOT NULL,
  locked_by TEXT NOT NULL
);

CREATE TABLE operation (
  service_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  op BIGINT NOT NULL,
  at BIGINT NOT NULL,
  reason BIGINT NOT NULL,
  activity_id BIGINT,
  PRIMARY KEY (service_id, seq)
) {clustered};
CREATE INDEX operation_by_device ON operation (device_id);
"""
