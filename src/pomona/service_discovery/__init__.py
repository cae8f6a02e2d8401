"""Service discovery for account-driven enrolment: the well-known document, and the alternate for domains without one."""
