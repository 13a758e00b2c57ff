-- add_pace: the row of a connection that has none yet, with the limits of a new account in the sandbox
INSERT INTO outbox_pace (connection_id, rate, quota_24h, reserve, next_slot, slow_factor, backoff_reason,
                         backoff_detail, backoff_count, ses_sent_24h, counted, counted_at_check)
VALUES (:connection_id, 1, 200, 0.1, 0, 1, '', '', 0, 0, 0, 0)
ON CONFLICT (connection_id) DO NOTHING;

-- set_limits: what SES allows, and what it had counted when `counted` stood where it stands now, less those in flight
UPDATE outbox_pace
SET rate = :rate, quota_24h = :quota, ses_sent_24h = :ses_sent, ses_checked_at = :now, quota_paused_until = NULL,
    counted_at_check = counted - (SELECT COUNT(*) FROM outbox_message
                                  WHERE connection_id = :connection_id AND status = 'sending')
WHERE connection_id = :connection_id;

-- enqueue_campaign: one row per contact, skipped ones too; a contact that already has its row keeps it
INSERT INTO outbox_message (workspace_id, connection_id, stream, campaign_id, contact_id, list_id, content_id, context,
                            address, address_key, priority, status, reason, due_at, attempts, worker, ses_message_id,
                            created_at, updated_at)
SELECT :workspace_id, :connection_id, 'campaign', :campaign_id, r.contact_id, :list_id, :content_id, '{}', r.address,
       r.address_key, :priority, r.status, r.reason, :now, 0, '', '', :now, :now
FROM @rows(:rows AS r, contact_id bigint, address text, address_key text, status text, reason text)
WHERE true
ON CONFLICT DO NOTHING;

-- wake_senders: tell workers that rows are due, once this transaction commits (PostgreSQL only)
SELECT pg_notify('sendwell_outbox', '');

-- busy_connections: connections with mail that is due
SELECT p.connection_id FROM outbox_pace p
WHERE EXISTS (SELECT 1 FROM outbox_message m WHERE m.connection_id = p.connection_id AND m.status = 'queued'
              AND m.priority IN (1, 2, 5) AND m.due_at <= :now);

-- pace: everything that decides when this connection may send, locked for the transaction
SELECT rate, quota_24h, reserve, next_slot, slow_factor, slowed_at, backoff_until, quota_paused_until, ses_sent_24h,
       ses_checked_at, counted, counted_at_check, backoff_count, backoff_reason, backoff_detail
FROM outbox_pace WHERE connection_id = :connection_id @for_update;

-- pace_unlocked: the same, for pages
SELECT rate, quota_24h, reserve, next_slot, slow_factor, slowed_at, backoff_until, quota_paused_until, ses_sent_24h,
       ses_checked_at, counted, counted_at_check, backoff_count, backoff_reason, backoff_detail
FROM outbox_pace WHERE connection_id = :connection_id;

-- minutes: the rolling window, oldest first
SELECT minute, recipients FROM outbox_minutecount
WHERE connection_id = :connection_id AND minute >= :first AND recipients > 0 ORDER BY minute;

-- candidates: the next due rows of one priority
SELECT id, stream, campaign_id, contact_id, list_id, content_id, context, address, address_key, attempts
FROM outbox_message
WHERE connection_id = :connection_id AND status = 'queued' AND priority = :priority AND due_at <= :now
ORDER BY due_at, id LIMIT :limit @skip_locked;

-- stops: which of these campaigns are paused or cancelled
SELECT campaign_id, cancelled FROM outbox_campaignstop WHERE campaign_id IN @bigints(:ids);

-- attempted: the newest attempt of each row, and whether any of its attempts was accepted
SELECT message_id, MAX(n), MAX(CASE WHEN outcome = 'accepted' THEN 1 ELSE 0 END)
FROM outbox_attempt WHERE message_id IN @bigints(:ids) GROUP BY message_id;

-- catch_up: rows that lag behind their own attempts, as after a restored or mended table
UPDATE outbox_message
SET attempts = (SELECT MAX(n) FROM outbox_attempt WHERE message_id = outbox_message.id)
WHERE id IN @bigints(:ids);

-- mark_sending: these rows are about to be handed to SES
UPDATE outbox_message
SET status = 'sending', reason = '', attempts = attempts + 1, lease_until = :lease_until, worker = :worker,
    doubt_proven_at = NULL, updated_at = :now
WHERE id IN @bigints(:ids);

-- open_attempts: one attempt for each, committed before its call
INSERT INTO outbox_attempt (message_id, n, started_at, outcome, ses_message_id, error_code, error_text)
SELECT id, attempts, :now, 'open', '', '', '' FROM outbox_message WHERE id IN @bigints(:ids);

-- count_minute: recipients into the window
INSERT INTO outbox_minutecount (connection_id, minute, recipients)
VALUES (:connection_id, :minute, :recipients)
ON CONFLICT (connection_id, minute) DO UPDATE
SET recipients = outbox_minutecount.recipients + :recipients;

-- uncount_minute: take refused calls out of the window again
UPDATE outbox_minutecount
SET recipients = CASE WHEN recipients > :recipients THEN recipients - :recipients ELSE 0 END
WHERE connection_id = :connection_id AND minute = :minute;

-- use_slots: move the next free slot and count recipients
UPDATE outbox_pace SET next_slot = :next_slot, counted = counted + :recipients WHERE connection_id = :connection_id;

-- uncount: recipients that SES refused do not count
UPDATE outbox_pace SET counted = counted - :recipients WHERE connection_id = :connection_id;

-- slow_down: after a throttle
UPDATE outbox_pace SET slow_factor = :factor, slowed_at = :now WHERE connection_id = :connection_id;

-- back_off: the whole connection rests
UPDATE outbox_pace
SET backoff_until = :until, backoff_reason = :reason, backoff_detail = :detail, backoff_count = backoff_count + 1
WHERE connection_id = :connection_id;

-- works_again: an answer came
UPDATE outbox_pace
SET backoff_until = NULL, backoff_reason = '', backoff_detail = '', backoff_count = 0
WHERE connection_id = :connection_id AND backoff_count > 0;

-- pause_quota: the honest time of resumption; NULL when there is room again
UPDATE outbox_pace SET quota_paused_until = :until WHERE connection_id = :connection_id;

-- states: what the ledger says of these messages now, locked in one order
SELECT id, status, reason, attempts FROM outbox_message WHERE id IN @bigints(:ids) ORDER BY id @for_update;

-- write_states: new states of messages
UPDATE outbox_message
SET status = r.status, reason = r.reason, updated_at = :now,
    due_at = CASE WHEN r.due_at IS NULL THEN outbox_message.due_at ELSE r.due_at END,
    lease_until = CASE WHEN r.status = 'sending' THEN outbox_message.lease_until ELSE NULL END,
    accepted_at = CASE WHEN r.ses_message_id = '' THEN outbox_message.accepted_at
                       ELSE COALESCE(outbox_message.accepted_at, :now) END,
    ses_message_id = CASE WHEN r.ses_message_id = '' THEN outbox_message.ses_message_id ELSE r.ses_message_id END
FROM @rows(:rows AS r, id bigint, status text, reason text, due_at timestamptz, ses_message_id text)
WHERE outbox_message.id = r.id;

-- write_attempts: what the calls came to; what an event has proven accepted stays accepted
UPDATE outbox_attempt
SET finished_at = :now, ses_message_id = CASE WHEN r.ses_message_id = '' THEN outbox_attempt.ses_message_id
                                              ELSE r.ses_message_id END,
    outcome = CASE WHEN outbox_attempt.outcome = 'accepted' THEN 'accepted' ELSE r.outcome END,
    error_code = r.error_code, error_text = r.error_text
FROM @rows(:rows AS r, id bigint, n integer, outcome text, ses_message_id text, error_code text, error_text text)
WHERE outbox_attempt.message_id = r.id AND outbox_attempt.n = r.n;

-- set_status: one new state for many rows that this transaction holds
UPDATE outbox_message SET status = :status, reason = :reason, lease_until = NULL, updated_at = :now
WHERE id IN @bigints(:ids);

-- expired: rows whose lease has run out, by the database's clock
SELECT id FROM outbox_message WHERE status = 'sending' AND lease_until < :now ORDER BY id LIMIT 1000 @skip_locked;

-- sending_workers: who has rows in flight
SELECT DISTINCT worker FROM outbox_message WHERE status = 'sending';

-- orphans: rows in flight of workers that are known to be dead, with the attempt each was claimed for
SELECT m.id, m.attempts, m.worker, m.connection_id, m.address_key, a.started_at
FROM outbox_message m JOIN outbox_attempt a ON a.message_id = m.id AND a.n = m.attempts
WHERE m.status = 'sending' AND m.worker IN @texts(:workers) ORDER BY m.id LIMIT 1000 @for_update;

-- doubt_attempts: the open attempts of rows that go into doubt
UPDATE outbox_attempt SET outcome = 'in_doubt', finished_at = :now
WHERE outcome = 'open' AND message_id IN @bigints(:ids);

-- prove_doubts: grace begins for doubts that are older than the newest proof of the feedback path
UPDATE outbox_message SET doubt_proven_at = :now
WHERE status = 'in_doubt' AND doubt_proven_at IS NULL AND EXISTS (
    SELECT 1 FROM outbox_attempt a JOIN outbox_feedbackproof p ON p.connection_id = outbox_message.connection_id
    WHERE a.message_id = outbox_message.id AND a.n = outbox_message.attempts
      AND p.proven_at > COALESCE(a.finished_at, a.started_at));

-- graced: messages of these streams in doubt, whose grace has passed without a Send event
SELECT id FROM outbox_message
WHERE status = 'in_doubt' AND stream IN @texts(:streams) AND doubt_proven_at <= :before
ORDER BY id LIMIT 1000 @skip_locked;

-- doubt_waiting: what a restored database shows as waiting may have been sent since
UPDATE outbox_message
SET status = 'in_doubt', reason = 'lease_expired', lease_until = NULL, doubt_proven_at = NULL, updated_at = :now
WHERE connection_id = :connection_id AND status IN ('queued', 'held', 'sending');

-- requeue: send these again
UPDATE outbox_message SET status = 'queued', reason = '', due_at = :now, doubt_proven_at = NULL, updated_at = :now
WHERE id IN @bigints(:ids) AND status = 'in_doubt';

-- leave: these doubts are not sent again
UPDATE outbox_message SET status = 'cancelled', reason = 'owner', updated_at = :now
WHERE id IN @bigints(:ids) AND status = 'in_doubt';

-- find_by_tag: the message and attempt that an event's tag names, if the event also fits them: other installations on
-- the same account number their messages alike, and their events come by the same topic
SELECT m.id, a.n, m.connection_id FROM outbox_message m JOIN outbox_attempt a ON a.message_id = m.id
WHERE m.id = :message_id AND a.n = :attempt_n
  AND (:to_address = '' OR :to_address IN (m.address_key, LOWER(m.address)))
  AND (:ses_message_id = '' OR a.ses_message_id IN ('', :ses_message_id));

-- find_by_ses_id: the message and attempt that SES gave this id
SELECT m.id, a.n, m.connection_id FROM outbox_attempt a JOIN outbox_message m ON m.id = a.message_id
WHERE a.ses_message_id = :ses_message_id ORDER BY a.id LIMIT 1;

-- settled: everything that those who act on feedback need of a message, locked
SELECT m.id, m.workspace_id, m.connection_id, m.stream, m.campaign_id, m.contact_id, m.list_id, m.address,
       m.address_key, m.status, m.reason, m.accepted_at, a.started_at, m.ses_message_id
FROM outbox_message m JOIN outbox_attempt a ON a.message_id = m.id AND a.n = :attempt_n
WHERE m.id = :message_id;

-- settle_message: what evidence from SES makes of it
UPDATE outbox_message
SET status = :status, reason = :reason, lease_until = NULL, doubt_proven_at = NULL, updated_at = :now,
    accepted_at = COALESCE(accepted_at, :accepted_at),
    ses_message_id = CASE WHEN ses_message_id = '' THEN :ses_message_id ELSE ses_message_id END
WHERE id = :message_id;

-- settle_attempt: an event proves that this attempt was accepted
UPDATE outbox_attempt
SET outcome = 'accepted', finished_at = COALESCE(finished_at, :now),
    ses_message_id = CASE WHEN ses_message_id = '' THEN :ses_message_id ELSE ses_message_id END
WHERE message_id = :message_id AND n = :attempt_n;

-- prove_feedback: a Send event came for an attempt that began then
INSERT INTO outbox_feedbackproof (connection_id, proven_at) VALUES (:connection_id, :started_at)
ON CONFLICT (connection_id) DO UPDATE SET proven_at = excluded.proven_at
WHERE outbox_feedbackproof.proven_at < excluded.proven_at;

-- stop_campaign: its mail must not leave from now on
INSERT INTO outbox_campaignstop (campaign_id, cancelled, stopped_at) VALUES (:campaign_id, :cancelled, :now)
ON CONFLICT (campaign_id) DO UPDATE SET cancelled = excluded.cancelled, stopped_at = excluded.stopped_at;

-- start_campaign: its mail may leave again
DELETE FROM outbox_campaignstop WHERE campaign_id = :campaign_id;

-- hold_campaign: what waits is held; a sandbox hold becomes a pause and is judged anew on resumption
UPDATE outbox_message SET status = 'held', reason = 'paused_campaign', updated_at = :now
WHERE campaign_id = :campaign_id AND status IN ('queued', 'held');

-- unhold_campaign: what the pause held waits again; queued rows are written too, so that this waits for a claim that
-- read the stop before it went and is about to hold them
UPDATE outbox_message SET status = 'queued', reason = '', updated_at = :now
WHERE campaign_id = :campaign_id AND (status = 'queued' OR (status = 'held' AND reason = 'paused_campaign'));

-- cancel_campaign: what waits will not be sent
UPDATE outbox_message SET status = 'cancelled', reason = 'owner', updated_at = :now
WHERE campaign_id = :campaign_id AND status IN ('queued', 'held');

-- release_sandbox: what the sandbox held waits again
UPDATE outbox_message SET status = 'queued', reason = '', due_at = :now, updated_at = :now
WHERE connection_id = :connection_id AND status = 'held' AND reason = 'sandbox';

-- drop_stale_opt_in: nobody remembers having asked that long ago, so these are not sent any more
UPDATE outbox_message SET status = 'cancelled', reason = 'too_old', updated_at = :now
WHERE connection_id = :connection_id AND stream = 'opt_in' AND status = 'held' AND reason = 'sandbox'
  AND created_at < :before;

-- forget_minutes: minutes that no window reaches any more
DELETE FROM outbox_minutecount WHERE minute < :before;
