-- source: a content and what its workspace adds to every mail, in the order of rules.ContentSource
SELECT c.id, c.workspace_id, c.message_class, c.from_name, c.from_address, c.reply_to, c.subject, c.body, c.body_format,
       c.list_name, c.list_number, w.sender_name, w.postal_address
FROM content_content c JOIN workspaces_workspace w ON w.id = c.workspace_id
WHERE c.id = :content_id;
