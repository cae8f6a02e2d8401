"""The service as a fixture."""

from tests.enroll_service.service import make_service, service

__all__ = ["make_service", "service"]
