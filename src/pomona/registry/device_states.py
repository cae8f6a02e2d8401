"""The part of a device's state that depends on its service."""

UNASSIGNED = (
    "service_id = NULL, assigned_at = NULL, assigned_by = NULL, profile_id = NULL, profile_status = 0,"
    " profile_assigned_at = NULL, profile_pushed_at = NULL, migration_deadline = NULL, migration_status = NULL,"
    " migration_origin = NULL, da = '', da_v1 = NULL"
)
"""What a device's state loses with its service; whoever sets this says what becomes of `ba` and `ba_migration`."""
