"""The DNS door: a scripted zone, served and checked."""
