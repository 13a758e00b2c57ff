"""Contacts, lists, subscriptions, imports."""
