"""Suppliers, what they submitted, and which order claims which serial."""

TABLES = """
CREATE TABLE supplier (
  id {auto},
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  name TEXT NOT NULL,
  token_hash BLOB,
  active BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  UNIQUE (kind, number)
);
CREATE TABLE supplier_ship_to (
  supplier_id BIGINT NOT NULL,
  ship_to TEXT NOT NULL,
  active BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (supplier_id, ship_to)
) {clustered};
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
  body BLOB NOT NULL,
  device_count BIGINT NOT NULL,
  state BIGINT NOT NULL,
  progress BIGINT NOT NULL DEFAULT 0,
  received_at BIGINT NOT NULL,
  completed_at BIGINT
);
CREATE INDEX submission_by_transaction ON submission (supplier_id, transaction_id);
CREATE INDEX submission_open ON submission (id) WHERE completed_at IS NULL;

CREATE TABLE submission_problem (
  submission_id BIGINT NOT NULL,
  order_n BIGINT NOT NULL,
  delivery_n BIGINT NOT NULL,
  device_n BIGINT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (submission_id, order_n, delivery_n, device_n)
) {clustered};

CREATE TABLE purchase_order (
  id {auto},
  supplier_id BIGINT NOT NULL,
  number TEXT NOT NULL,
  type TEXT NOT NULL,
  customer TEXT NOT NULL,
  po_number TEXT NOT NULL,
  organization_id BIGINT,
  state TEXT NOT NULL,
  ordered_at BIGINT NOT NULL,
  submission_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (supplier_id, number)
);
CREATE INDEX purchase_order_by_organization ON purchase_order (organization_id, number);

CREATE TABLE claim (
  order_id BIGINT NOT NULL,
  serial TEXT NOT NULL,
  delivery TEXT NOT NULL,
  shipped_at BIGINT NOT NULL,
  asset_tag TEXT NOT NULL,
  product TEXT NOT NULL,
  device_id BIGINT,
  state BIGINT NOT NULL,
  submission_id BIGINT NOT NULL,
  PRIMARY KEY (order_id, serial)
) {clustered};
CREATE UNIQUE INDEX claim_live ON claim (serial) WHERE state = 1;
"""
