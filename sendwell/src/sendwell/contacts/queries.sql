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
