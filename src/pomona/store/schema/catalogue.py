"""What is on record of serials, whoever has them or will: the whole installation's, not an organisation's.

A record holds the identifiers that somebody told; the others are derived from the serial whenever they are wanted.
"""

TABLES = """
CREATE TABLE manufacturing_record (
  serial TEXT PRIMARY KEY,
  part_number TEXT NOT NULL,
  told TEXT NOT NULL,
  loaded_at BIGINT NOT NULL
) {clustered};

CREATE TABLE manufacturing_identifier (
  value TEXT NOT NULL,
  serial TEXT NOT NULL,
  PRIMARY KEY (value, serial)
) {clustered};
"""
