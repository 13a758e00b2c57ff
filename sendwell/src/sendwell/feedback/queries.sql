-- refuse: count one notification that failed the trust checks
INSERT INTO feedback_refusal (connection_id, day, cause, count) VALUES (:connection_id, :day, :cause, 1)
ON CONFLICT (connection_id, day, cause) DO UPDATE SET count = feedback_refusal.count + 1

-- keep_event: store one event about one recipient, unless this or another notification brought it already
INSERT INTO feedback_feedback
    (notification_id, connection_id, message_id, attempt_n, ses_message_id, kind, subtype, recipient, occurred_at,
     feedback_id, detail)
VALUES (:notification_id, :connection_id, :message_id, :attempt_n, :ses_message_id, :kind, :subtype, :recipient,
        :occurred_at, :feedback_id, :detail)
ON CONFLICT DO NOTHING
