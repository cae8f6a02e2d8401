"""The `pomona` command."""
