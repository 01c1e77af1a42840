-- name: list_registrations
-- Every contact of a SIP user.
SELECT username, account_id, contact_uri, source, expires_at_ms, sip_call_id, cseq, user_agent
FROM registrations WHERE username = ? ORDER BY contact_uri;

-- name: put_registration
-- Insert or replace by user and contact.
INSERT INTO registrations (
    username, account_id, contact_uri, source, expires_at_ms, sip_call_id, cseq, user_agent
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (username, contact_uri) DO UPDATE SET
    account_id = excluded.account_id, source = excluded.source, expires_at_ms = excluded.expires_at_ms,
    sip_call_id = excluded.sip_call_id, cseq = excluded.cseq, user_agent = excluded.user_agent;

-- name: delete_registration
-- One contact of a SIP user.
DELETE FROM registrations WHERE username = ? AND contact_uri = ?;
