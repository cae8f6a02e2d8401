"""Secrets: the master key, sealing of what is stored, signing of what is handed out, passwords."""
