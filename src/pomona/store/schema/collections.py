"""Units and groups of people, and what is prepared for managed devices: apps, packages, configurations, blueprints.

Everybody of an organisation is in its root unit, with the role of their account; only the others' members are kept. The
members of a SMART group are kept too, and brought up to date with each change that its rule looks at.
`blueprint_link` holds the six relationships of blueprints, told apart by `relation`; a target is the internal number of a
device, an account, a group, an app, a package or a configuration.
"""

TABLES = """
CREATE TABLE organizational_unit (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL,
  root BIGINT NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organizational_unit_by_uuid ON organizational_unit (organization_id, uuid);
CREATE UNIQUE INDEX organizational_unit_by_name ON organizational_unit (organization_id, name);
CREATE INDEX organizational_unit_by_organization ON organizational_unit (organization_id{then_id});

CREATE TABLE unit_member (
  unit_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (unit_id, account_id)
) {clustered};
CREATE INDEX unit_member_by_account ON unit_member (account_id, unit_id);

CREATE TABLE user_group (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL,
  unit_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  rule TEXT,
  member_count BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_group_by_uuid ON user_group (organization_id, uuid);
CREATE UNIQUE INDEX user_group_by_name ON user_group (organization_id, name);
CREATE INDEX user_group_by_organization ON user_group (organization_id{then_id});
CREATE INDEX user_group_by_unit ON user_group (unit_id);

CREATE TABLE user_group_member (
  group_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  PRIMARY KEY (group_id, account_id)
) {clustered};

CREATE TABLE app (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  adam_id TEXT NOT NULL,
  name TEXT NOT NULL,
  bundle_id TEXT NOT NULL,
  version TEXT NOT NULL,
  website_url TEXT NOT NULL,
  store_url TEXT NOT NULL,
  systems TEXT NOT NULL,
  custom BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX app_by_adam_id ON app (organization_id, adam_id);
CREATE INDEX app_by_organization ON app (organization_id{then_id});

CREATE TABLE package (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  hash TEXT NOT NULL,
  bundle_ids TEXT NOT NULL,
  version TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX package_by_uuid ON package (organization_id, uuid);
CREATE INDEX package_by_organization ON package (organization_id{then_id});

CREATE TABLE configuration (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  filename TEXT NOT NULL,
  platforms TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX configuration_by_uuid ON configuration (organization_id, uuid);
CREATE INDEX configuration_by_organization ON configuration (organization_id{then_id});

CREATE TABLE configuration_profile (
  configuration_id {id},
  text BLOB NOT NULL
);

CREATE TABLE blueprint (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX blueprint_by_uuid ON blueprint (organization_id, uuid);
CREATE INDEX blueprint_by_organization ON blueprint (organization_id{then_id});

CREATE TABLE blueprint_link (
  blueprint_id BIGINT NOT NULL,
  relation BIGINT NOT NULL,
  target_id BIGINT NOT NULL,
  PRIMARY KEY (blueprint_id, relation, target_id)
) {clustered};
CREATE INDEX blueprint_link_by_target ON blueprint_link (target_id, relation);
"""
