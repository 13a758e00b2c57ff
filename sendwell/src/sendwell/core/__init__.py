"""Clock, key ring, link tokens, jobs, database shim: what every feature may use; no feature lives here."""
