"""The built-in device management service (MDM): enrolment pages and profiles, SCEP, check-in, commands.

Everything a device keeps lies under `/manage/{organisation}/`, so that its addresses name the organisation.
"""
