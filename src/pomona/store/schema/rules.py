"""Where arriving devices go: an organisation's rules, in the order of their places, before its defaults."""

TABLES = """
CREATE TABLE arrival_rule (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  place BIGINT NOT NULL,
  name TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  conditions TEXT NOT NULL,
  unassigned BIGINT NOT NULL,
  service_id BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX arrival_rule_by_place ON arrival_rule (organization_id, place);

CREATE TABLE supplier_unit (
  organization_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  unit_id BIGINT NOT NULL,
  PRIMARY KEY (organization_id, kind, number)
) {clustered};
"""
