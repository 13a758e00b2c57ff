"""Campaigns: drafting, expanding to messages, pausing."""
