"""Activities: what was asked, in chunks, and a result with the state before for each device.

`origin_id` is the activity that another one undoes or makes final; `final_at` when a release that was put off becomes final,
`unfinished` is 1 until then. A result's number in one column is `activity << 32 | n`: `device_state.migration_origin` names the
result that has the state before, `restores` the one whose state before comes back. `changed_by` is the activity that stands in the
way of that. `untold` is the device of a result that no service was told of: those that were are found by their operations.
"""

TABLES = """
CREATE TABLE activity (
  id {auto},
  uuid TEXT NOT NULL UNIQUE,
  organization_id BIGINT NOT NULL,
  type TEXT NOT NULL,
  service_id BIGINT,
  metadata TEXT NOT NULL DEFAULT '{}',
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  actor_address TEXT,
  status TEXT NOT NULL,
  sub_status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  completed_at BIGINT,
  chunks BIGINT NOT NULL,
  next_chunk BIGINT NOT NULL DEFAULT 0,
  total BIGINT NOT NULL,
  succeeded BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  leased_by TEXT,
  leased_until BIGINT NOT NULL DEFAULT 0,
  origin_id BIGINT,
  final_at BIGINT,
  unfinished BIGINT
);
CREATE INDEX activity_by_organization ON activity (organization_id{then_id});
CREATE INDEX activity_by_origin ON activity (origin_id{then_id}) WHERE origin_id IS NOT NULL;
CREATE INDEX activity_to_finish ON activity (final_at) WHERE unfinished = 1;
CREATE INDEX activity_open ON activity (id) WHERE status = 'IN_PROGRESS';

CREATE TABLE activity_chunk (
  activity_id BIGINT NOT NULL,
  chunk BIGINT NOT NULL,
  first BIGINT NOT NULL,
  serials TEXT NOT NULL,
  PRIMARY KEY (activity_id, chunk)
);

CREATE TABLE activity_result (
  activity_id BIGINT NOT NULL,
  n BIGINT NOT NULL,
  serial TEXT NOT NULL,
  device_id BIGINT,
  status BIGINT NOT NULL,
  before_service BIGINT,
  before_assigned_at BIGINT,
  before_assigned_by TEXT,
  before_profile BIGINT,
  before_profile_status BIGINT,
  before_profile_assigned_at BIGINT,
  before_profile_pushed_at BIGINT,
  before_deadline BIGINT,
  revision BIGINT,
  operated_at BIGINT,
  before_migration TEXT,
  before_migration_origin BIGINT,
  restores BIGINT,
  changed_by BIGINT,
  untold BIGINT,
  PRIMARY KEY (activity_id, n)
) {clustered};
CREATE INDEX activity_result_failed ON activity_result (activity_id, n, serial, status, before_service)
  WHERE status >= 10;
CREATE INDEX activity_result_by_serial ON activity_result (serial, activity_id) WHERE status <> 1;
CREATE INDEX activity_result_untold ON activity_result (untold, activity_id) WHERE untold IS NOT NULL;
"""
