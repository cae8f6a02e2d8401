"""AppleCare coverage of devices, as somebody recorded it: nobody but Apple knows by itself."""

TABLES = """
CREATE TABLE apple_care_coverage (
  id {auto},
  device_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  plan TEXT NOT NULL,
  payment_type TEXT NOT NULL,
  description TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  end_at BIGINT,
  renewable BIGINT NOT NULL,
  canceled_at BIGINT,
  agreement_number TEXT,
  UNIQUE (device_id, name)
);
"""
