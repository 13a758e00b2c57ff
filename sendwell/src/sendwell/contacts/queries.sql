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
