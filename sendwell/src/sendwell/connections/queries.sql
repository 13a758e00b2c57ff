-- verified_identities: Names and kinds of a connection's verified identities.
SELECT kind, name FROM connections_identity WHERE connection_id = :connection_id AND verified

-- sender_access: What signing a call needs, the secret still encrypted.
SELECT kind, region, access_key_id, secret_access_key, configuration_set
FROM connections_connection WHERE id = :connection_id

-- sending_facts: What the sender must know of every connection.
SELECT id, kind, setup_state, in_sandbox, sending_enabled, enforcement_status, configuration_set
FROM connections_connection ORDER BY id

-- note_problem: Say on the connection's page what SES said against the connection itself.
UPDATE connections_connection SET problem = :problem, problem_at = :now WHERE id = :connection_id

-- clear_problem: The connection works again.
UPDATE connections_connection SET problem = '', problem_at = NULL WHERE id = :connection_id AND problem <> ''
