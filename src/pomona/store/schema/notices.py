"""Who is told of what happens: programs by webhooks, people by mail. Both read the audit log and keep what is to be sent."""

TABLES = """
CREATE TABLE webhook (
  id {never_reused},
  organization_id BIGINT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  secret BLOB NOT NULL,
  old_secret BLOB,
  old_secret_until BIGINT,
  state TEXT NOT NULL,
  position BIGINT NOT NULL,
  position_part BIGINT NOT NULL DEFAULT -1,
  failing_since BIGINT,
  failures BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  delivered_at BIGINT,
  UNIQUE (organization_id, name)
);

CREATE TABLE webhook_message (
  id {auto},
  webhook_id BIGINT NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL,
  body BLOB NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  delivered_at BIGINT,
  leased_by TEXT,
  leased_until BIGINT NOT NULL DEFAULT 0,
  UNIQUE (webhook_id, message_id)
);
CREATE INDEX webhook_message_due ON webhook_message (webhook_id, due_at{then_id}) WHERE state = 'PENDING';
CREATE INDEX webhook_message_by_webhook ON webhook_message (webhook_id{then_id});
CREATE INDEX webhook_message_by_age ON webhook_message (created_at{then_id});

CREATE TABLE webhook_attempt (
  message BIGINT NOT NULL,
  n BIGINT NOT NULL,
  at BIGINT NOT NULL,
  status BIGINT,
  millis BIGINT NOT NULL,
  problem TEXT NOT NULL,
  response TEXT NOT NULL,
  PRIMARY KEY (message, n)
) {clustered};

CREATE TABLE mail_position (
  organization_id {id},
  position BIGINT NOT NULL
);

CREATE TABLE mail_choice (
  organization_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  topic TEXT NOT NULL,
  wanted BIGINT NOT NULL,
  PRIMARY KEY (organization_id, account_id, topic)
) {clustered};

CREATE TABLE mail_address (
  account_id {id},
  organization_id BIGINT NOT NULL,
  address TEXT NOT NULL
);

CREATE TABLE mail (
  id {auto},
  organization_id BIGINT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  sent_at BIGINT,
  problem TEXT NOT NULL DEFAULT '',
  leased_by TEXT,
  leased_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX mail_due ON mail (due_at{then_id}) WHERE state = 'PENDING';
CREATE INDEX mail_by_organization ON mail (organization_id{then_id});
CREATE INDEX mail_by_age ON mail (created_at{then_id});
"""
