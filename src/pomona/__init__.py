"""Pomona: an open, self-hosted device-enrolment authority."""

__version__ = "0.1.0"
