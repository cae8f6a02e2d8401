"""Domains and who showed that they are the organisation's. People themselves are accounts."""

TABLES = """
CREATE TABLE domain (
  name TEXT NOT NULL,
  organization_id BIGINT NOT NULL,
  reserved BIGINT NOT NULL DEFAULT 0,
  proof TEXT NOT NULL,
  proof_expires_at BIGINT NOT NULL,
  added_at BIGINT NOT NULL,
  verified_at BIGINT,
  verified_by TEXT,
  warned_days BIGINT,
  PRIMARY KEY (organization_id, name)
) {clustered};
CREATE INDEX domain_by_name ON domain (name, organization_id);
"""
