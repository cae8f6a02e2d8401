"""Signing in: who a person at the portal is."""
