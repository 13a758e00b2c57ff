-- suppressed: which of these keys must not be mailed over this connection, and why
SELECT key, reason FROM suppression_suppression
WHERE connection_id = :connection_id AND lifted_at IS NULL AND key IN @texts(:keys);

-- consider: suppress a key once; an open entry stays as it is
INSERT INTO suppression_suppression
    (connection_id, key, reason, evidence, created_at, lifted_by, lifted_because)
VALUES (:connection_id, :key, :reason, :evidence, :now, '', '')
ON CONFLICT (connection_id, key) WHERE lifted_at IS NULL DO NOTHING;

-- suppressed_in_workspace: which of these keys an import must leave out, and why; a rehearsal's entries count only while the
-- workspace has nothing but rehearsals, because environments never cross
SELECT DISTINCT s.key, s.reason FROM suppression_suppression s JOIN connections_connection c ON c.id = s.connection_id
WHERE c.workspace_id = :workspace_id AND s.lifted_at IS NULL AND s.key IN @texts(:keys)
  AND (c.kind <> 'embedded' OR NOT EXISTS (
      SELECT 1 FROM connections_connection r WHERE r.workspace_id = :workspace_id AND r.kind <> 'embedded'));
