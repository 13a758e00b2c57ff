-- audience: every subscription of a list after a contact id, in its order; erased contacts have no address
SELECT c.id, c.address, c.key, s.status, c.unsubscribed_at, c.paused_until
FROM contacts_subscription s JOIN contacts_contact c ON c.id = s.contact_id
WHERE s.list_id = :list_id AND s.contact_id > :cursor AND c.address <> ''
ORDER BY s.contact_id LIMIT :limit;

-- consent: what the sender must know of these contacts right before it calls SES
SELECT c.id, s.status, c.unsubscribed_at, c.paused_until
FROM contacts_contact c LEFT JOIN contacts_subscription s ON s.contact_id = c.id AND s.list_id = :list_id
WHERE c.id IN @bigints(:ids) AND c.address <> '';

-- merge_fields: what templates may say about these contacts
SELECT id, address, name, attributes FROM contacts_contact WHERE id IN @bigints(:ids);

-- audience_counts: how many subscriptions of a list stand where, judged at :now
SELECT s.status, c.unsubscribed_at IS NOT NULL, c.paused_until IS NOT NULL AND c.paused_until > :now, COUNT(*)
FROM contacts_subscription s JOIN contacts_contact c ON c.id = s.contact_id
WHERE s.list_id = :list_id AND c.address <> ''
GROUP BY 1, 2, 3;

-- rename: new names and attributes for contacts that an import knows better
UPDATE contacts_contact SET name = r.name, attributes = r.attributes, updated_at = :now
FROM @rows(:rows AS r, id bigint, name text, attributes jsonb) WHERE contacts_contact.id = r.id;

-- keys_in_import: which of these keys stood on an earlier line of the same file
SELECT key FROM contacts_importrow WHERE imported_id = :import_id AND key <> '' AND key IN @texts(:keys);

-- known_contacts: what an import must know of these keys before it decides
SELECT c.key, c.id, c.name, c.attributes, c.unsubscribed_at, s.status
FROM contacts_contact c LEFT JOIN contacts_subscription s ON s.contact_id = c.id AND s.list_id = :list_id
WHERE c.workspace_id = :workspace_id AND c.key IN @texts(:keys);

-- add_contacts: new contacts of an import, with the ids they got
INSERT INTO contacts_contact (workspace_id, address, key, name, attributes, created_at, updated_at)
SELECT :workspace_id, r.address, r.key, r.name, r.attributes, :now, :now
FROM @rows(:rows AS r, address text, key text, name text, attributes jsonb) WHERE true
RETURNING key, id;

-- add_subscriptions: who comes onto the import's list, and how
INSERT INTO contacts_subscription (contact_id, list_id, status, basis, source, changed_at)
SELECT r.contact_id, :list_id, r.status, r.basis, :source, :now
FROM @rows(:rows AS r, contact_id bigint, status text, basis text);

-- add_evidence: one consent event for each contact that an import brings onto a list
INSERT INTO contacts_consentevent (contact_id, list_id, kind, at, method, evidence)
SELECT r.contact_id, :list_id, 'imported', :now, 'import', r.evidence
FROM @rows(:rows AS r, contact_id bigint, evidence jsonb);

-- add_report: what became of each line
INSERT INTO contacts_importrow (imported_id, line, address, key, outcome, reason, detail)
SELECT :import_id, r.line, r.address, r.key, r.outcome, r.reason, r.detail
FROM @rows(:rows AS r, line integer, address text, key text, outcome text, reason text, detail text);
