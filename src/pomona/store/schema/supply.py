"""Suppliers, what they submitted, and which order claims which serial.

A submission and what belongs to it is evidence: kept as it came, its progress and its refusals beside it. The net state
(`purchase_order`, `claim`) is what all submissions so far amount to. A submission's body stands apart from its row, which
changes with each step of the work on it.
"""

TABLES = """
CREATE TABLE supplier (
  id {auto},
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  name TEXT NOT NULL,
  sold_to TEXT NOT NULL DEFAULT '',
  active BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  UNIQUE (kind, number)
);
CREATE INDEX supplier_by_sold_to ON supplier (sold_to) WHERE sold_to <> '';
CREATE TABLE supplier_ship_to (
  supplier_id BIGINT NOT NULL,
  ship_to TEXT NOT NULL,
  active BIGINT NOT NULL DEFAULT 1,
  actions TEXT NOT NULL,
  PRIMARY KEY (supplier_id, ship_to)
) {clustered};
CREATE TABLE supplier_credential (
  hash BLOB NOT NULL,
  supplier_id BIGINT NOT NULL,
  sold_to TEXT NOT NULL DEFAULT '',
  ship_tos TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  certificate BLOB,
  own BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (hash, supplier_id)
) {clustered};
CREATE INDEX supplier_credential_by_supplier ON supplier_credential (supplier_id);
CREATE TABLE supplier_link (
  organization_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  linked_by TEXT NOT NULL,
  PRIMARY KEY (organization_id, kind, number)
) {clustered};
CREATE INDEX supplier_link_by_number ON supplier_link (kind, number, organization_id);

CREATE TABLE submission (
  id {auto},
  supplier_id BIGINT NOT NULL,
  transaction_id TEXT NOT NULL,
  uuid TEXT NOT NULL UNIQUE,
  body_hash BLOB NOT NULL,
  received_at BIGINT NOT NULL,
  received_from TEXT,
  order_count BIGINT NOT NULL,
  device_count BIGINT NOT NULL,
  next_order BIGINT NOT NULL DEFAULT 0,
  phase TEXT NOT NULL DEFAULT 'BEGIN',
  next_chunk BIGINT NOT NULL DEFAULT 0,
  swept_to TEXT NOT NULL DEFAULT '',
  completed_at BIGINT,
  failed BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE submission_body (
  submission_id {id},
  body BLOB NOT NULL
);
CREATE INDEX submission_by_transaction ON submission (supplier_id, transaction_id);
CREATE INDEX submission_open ON submission (supplier_id{then_id}) WHERE completed_at IS NULL;

CREATE TABLE submission_order (
  submission_id BIGINT NOT NULL,
  n BIGINT NOT NULL,
  number TEXT NOT NULL,
  type TEXT NOT NULL,
  customer TEXT NOT NULL,
  po_number TEXT NOT NULL,
  ordered_at BIGINT NOT NULL,
  deliveries TEXT NOT NULL,
  chunks BIGINT NOT NULL,
  order_id BIGINT,
  redated BIGINT NOT NULL DEFAULT 0,
  problem TEXT,
  detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (submission_id, n)
) {clustered};
CREATE INDEX submission_order_refused ON submission_order (customer, submission_id, n) WHERE problem IS NOT NULL;
CREATE INDEX submission_order_nowhere ON submission_order (submission_id, n) WHERE problem = 'CUSTOMER_UNKNOWN';
CREATE INDEX submission_order_by_order ON submission_order (order_id, submission_id, n) WHERE order_id IS NOT NULL;

CREATE TABLE submission_chunk (
  submission_id BIGINT NOT NULL,
  order_n BIGINT NOT NULL,
  chunk BIGINT NOT NULL,
  devices TEXT NOT NULL,
  PRIMARY KEY (submission_id, order_n, chunk)
);

CREATE TABLE submission_problem (
  submission_id BIGINT NOT NULL,
  order_n BIGINT NOT NULL,
  delivery_n BIGINT NOT NULL,
  device_n BIGINT NOT NULL,
  delivery TEXT NOT NULL,
  device TEXT NOT NULL,
  problem TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (submission_id, order_n, delivery_n, device_n)
) {clustered};
CREATE INDEX submission_problem_by_device ON submission_problem (device, submission_id);

CREATE TABLE purchase_order (
  id {auto},
  supplier_id BIGINT NOT NULL,
  number TEXT NOT NULL,
  type TEXT NOT NULL,
  customer TEXT NOT NULL,
  po_number TEXT NOT NULL,
  organization_id BIGINT,
  ordered_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  voided_at BIGINT,
  flow_from TEXT,
  pending BIGINT NOT NULL DEFAULT 0,
  live BIGINT NOT NULL DEFAULT 0,
  returned BIGINT NOT NULL DEFAULT 0,
  released BIGINT NOT NULL DEFAULT 0,
  refused BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX purchase_order_standing ON purchase_order (supplier_id, number) WHERE voided_at IS NULL;
CREATE INDEX purchase_order_by_number ON purchase_order (supplier_id, number{then_id});
CREATE INDEX purchase_order_by_organization ON purchase_order (organization_id{then_id}) WHERE organization_id IS NOT NULL;
CREATE INDEX purchase_order_numbered ON purchase_order (organization_id, number) WHERE organization_id IS NOT NULL;
CREATE INDEX purchase_order_pending ON purchase_order (supplier_id, customer{then_id}) WHERE pending > 0;
CREATE INDEX purchase_order_flowing ON purchase_order (id) WHERE flow_from IS NOT NULL;

CREATE TABLE order_moved (
  organization_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  ordered_at BIGINT NOT NULL,
  moved_at BIGINT NOT NULL,
  PRIMARY KEY (organization_id, order_id)
) {clustered};

CREATE TABLE claim (
  order_id BIGINT NOT NULL,
  serial TEXT NOT NULL,
  delivery TEXT NOT NULL,
  shipped_at BIGINT NOT NULL,
  asset_tag TEXT NOT NULL,
  product TEXT NOT NULL,
  device_id BIGINT,
  state BIGINT NOT NULL,
  problem TEXT,
  returned_by BIGINT,
  submission_id BIGINT NOT NULL,
  PRIMARY KEY (order_id, serial)
) {clustered};
CREATE UNIQUE INDEX claim_live ON claim (serial) WHERE state = 1;
CREATE INDEX claim_other ON claim (serial, order_id) WHERE state <> 1;
"""
