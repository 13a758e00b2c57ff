"""Counts of what happened to mail, by day."""
