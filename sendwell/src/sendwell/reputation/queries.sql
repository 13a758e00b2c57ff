-- count: one more of a kind on the day when the message was accepted
INSERT INTO reputation_dailycount (connection_id, day, kind, count) VALUES (:connection_id, :day, :kind, :n)
ON CONFLICT (connection_id, day, kind) DO UPDATE SET count = reputation_dailycount.count + excluded.count
