"""The Apple Business API, version 2.4, and its School sibling."""
