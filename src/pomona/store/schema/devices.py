"""Devices: what they are (wide, written once) apart from what changes (narrow), and who owns a serial.

A device row is one tenure of a serial in one organisation. Its number is `organisation << 40 | running number`, so that
the order of numbers is the order of arrival within an organisation and one organisation's rows lie together.
The `…_record` tables and the columns `da_…` and `ba…` hold the faces' ready encoded runs (see
`pomona.store.projections`); they stand apart because a page reads a thousand of them and nothing else.
"""

TABLES = """
CREATE TABLE product (
  id {auto},
  fingerprint TEXT NOT NULL UNIQUE,
  kind BIGINT NOT NULL,
  product_type TEXT NOT NULL,
  model TEXT NOT NULL,
  description TEXT NOT NULL,
  color TEXT NOT NULL,
  capacity TEXT NOT NULL,
  part_number TEXT NOT NULL,
  da_v1 TEXT NOT NULL,
  da_v7 TEXT NOT NULL,
  ba TEXT NOT NULL
);

CREATE TABLE device (
  id {id},
  serial TEXT NOT NULL,
  kind BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  source TEXT NOT NULL,
  source_id TEXT NOT NULL,
  order_id BIGINT,
  asset_tag TEXT NOT NULL,
  identifiers TEXT NOT NULL,
  inferred BIGINT NOT NULL,
  added_at BIGINT NOT NULL,
  released_at BIGINT,
  released_by TEXT,
  provisional_until BIGINT
);
CREATE INDEX device_provisional ON device (provisional_until{then_id}) WHERE provisional_until IS NOT NULL;
CREATE INDEX device_by_product ON device ({by_arrival}product_id{then_id});
CREATE INDEX device_by_order ON device (order_id{then_id}) WHERE order_id IS NOT NULL;
CREATE INDEX device_gone ON device (id) WHERE released_at IS NOT NULL;
CREATE INDEX device_without_order ON device (source{then_id}) WHERE order_id IS NULL AND source <> 'MANUALLY_ADDED';
CREATE INDEX device_by_hand ON device (id) WHERE source = 'MANUALLY_ADDED';
CREATE INDEX device_by_tag ON device (upper(asset_tag)) WHERE asset_tag <> '';
CREATE INDEX device_released ON device (serial{then_id}) WHERE released_at IS NOT NULL;

CREATE TABLE assignment_record (
  device_id {id},
  tag TEXT NOT NULL,
  base BIGINT NOT NULL,
  facts TEXT NOT NULL
);
CREATE TABLE business_record (
  device_id {id},
  serial TEXT NOT NULL,
  released BIGINT NOT NULL DEFAULT 0,
  attributes TEXT NOT NULL
);

CREATE TABLE serial_owner (
  serial TEXT PRIMARY KEY,
  device_id BIGINT NOT NULL
) {clustered};

CREATE TABLE device_identifier (
  value TEXT NOT NULL,
  device_id BIGINT NOT NULL,
  PRIMARY KEY (value, device_id)
) {clustered};

CREATE TABLE device_state (
  device_id {id},
  service_id BIGINT,
  assigned_at BIGINT,
  assigned_by TEXT,
  profile_id BIGINT,
  profile_status BIGINT NOT NULL DEFAULT 0,
  profile_assigned_at BIGINT,
  profile_pushed_at BIGINT,
  migration_deadline BIGINT,
  migration_status TEXT,
  revision BIGINT NOT NULL DEFAULT 0,
  operated_at BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL,
  da TEXT NOT NULL DEFAULT '',
  da_v1 TEXT,
  ba TEXT NOT NULL,
  ba_migration TEXT,
  migration_origin BIGINT,
  activated_service BIGINT,
  migratable BIGINT NOT NULL DEFAULT 0,
  release_at BIGINT,
  release_activity BIGINT
);
CREATE INDEX device_state_by_service ON device_state (service_id{with_state});
CREATE INDEX device_state_by_change ON device_state (updated_at{then_device_id});
CREATE INDEX device_state_migrating ON device_state (migration_deadline{then_device_id})
  WHERE migration_status = 'REQUESTED';
CREATE INDEX device_state_leaving ON device_state (release_activity{then_device_id}) WHERE release_activity IS NOT NULL;

CREATE TABLE device_repair (
  device_id {id},
  since BIGINT NOT NULL,
  marked_by TEXT NOT NULL
);
"""
