-- Runs in the transaction of each migration. LOCAL, because a pooler may hand the connection on afterwards. A migration
-- that waits for a lock holds up all statements that come after it. So it gives up before those of requests do, which have
-- 1.5 s, and is tried again. Longer than deadlock_timeout, which is 1 s by default: PostgreSQL ends an autovacuum that is
-- in the way only then.
SET LOCAL lock_timeout = '1200ms';
SET LOCAL statement_timeout = '10min';
