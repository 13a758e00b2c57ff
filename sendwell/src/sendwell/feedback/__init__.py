"""Bounces, complaints and deliveries coming back by SNS."""
