-- a copy must neither use nor renew the access of the original
UPDATE xero_app
   SET client_secret_encrypted = NULL,
       webhook_key_encrypted = NULL,
       webhook_key_at = NULL;

UPDATE xero_connection
   SET status = 'paused',
       status_reason = 'this database is a neutralized copy',
       authorization_id = NULL
 WHERE status IN ('connected', 'reauthenticate');

DELETE FROM xero_authorization;

DELETE FROM xero_consent;

-- nor take itself for the original
INSERT INTO ir_config_parameter (key, value)
VALUES ('account_xero.database', 'neutralized')
    ON CONFLICT (key) DO
       UPDATE SET value = 'neutralized';
