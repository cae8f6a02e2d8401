"""Organisations, the audit log, and what the installation knows of itself.

Of two indexes that serve as well SQLite takes the one that was made first: the log's types come before its times.
"""

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE organization (
  id {id},
  number TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  address TEXT NOT NULL,
  terms_pending BIGINT NOT NULL DEFAULT 0,
  release_grace BIGINT NOT NULL DEFAULT 0,
  management BIGINT NOT NULL DEFAULT 1,
  last_device BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);

CREATE TABLE audit_event (
  id {auto},
  organization_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  type TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  actor_address TEXT,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  activity_id BIGINT,
  before TEXT,
  after TEXT,
  devices TEXT
);
CREATE INDEX audit_event_by_organization ON audit_event (organization_id{then_id});
CREATE INDEX audit_event_by_type ON audit_event (organization_id, type, at{then_id});
CREATE INDEX audit_event_by_time ON audit_event (organization_id, at{then_id});
CREATE INDEX audit_event_by_subject ON audit_event (organization_id, subject_kind, subject_id{then_id});
"""
