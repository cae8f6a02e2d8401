"""The workflow itself: plain functions on a transaction. No HTTP, and nobody's JSON."""
