"""Signup forms and double opt-in: how people come onto lists by their own wish, with evidence."""
