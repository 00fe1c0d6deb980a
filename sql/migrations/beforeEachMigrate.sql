-- Runs in the transaction of each migration. LOCAL, because a pooler may hand the connection on afterwards. A migration
-- that waits for a lock holds up all statements that come after it, so it gives up soon and is tried again.
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '10min';
