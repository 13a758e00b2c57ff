"""The pages of sesbox: inbox, account, review desk, deliveries, DNS, mailboxes, clock."""
