"""The ledger: one row per recipient's message, its attempts, quota and pacing, the sender."""
