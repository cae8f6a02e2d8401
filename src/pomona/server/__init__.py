"""Composition: settings, listeners, TLS and the start and stop of everything; the only room that sees all others."""
