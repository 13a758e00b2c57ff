"""Addresses that must not be mailed, by connection."""
