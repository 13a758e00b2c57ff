"""Leaving: unsubscribe page and one-click endpoint."""
