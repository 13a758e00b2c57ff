-- tally: count one more, and say how many it makes
INSERT INTO forms_tally (sort, subject, span, number, expires_at)
VALUES (:sort, :subject, :span, 1, :expires_at)
ON CONFLICT (sort, subject, span) DO UPDATE SET number = forms_tally.number + 1
RETURNING number;

-- spend: use a proof up; no row if it was used before
INSERT INTO forms_spentchallenge (nonce, expires_at) VALUES (:nonce, :expires_at)
ON CONFLICT (nonce) DO NOTHING;
