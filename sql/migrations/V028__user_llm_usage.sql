-- What the agent reported last about the settings of a user. A table of its own, so that a report neither changes nor
-- locks out a write of the settings, and goes with them.
CREATE TABLE user_llm_usage (
    user_id     ${id-type} PRIMARY KEY REFERENCES user_llm_credentials (user_id) ON DELETE CASCADE,
    -- The version of the settings that the agent used. A row about another version than the stored one counts for nothing.
    version     uuid        NOT NULL,
    outcome     text        NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT user_llm_usage_outcome_known
        CHECK (outcome IN ('accepted', 'refused', 'no_credit'))
);

-- A role that serves and does not own the tables has been granted what it needs on the others. An update must not make
-- its replicas wait for a GRANT.
DO $$
DECLARE
    role text;
BEGIN
    FOR role IN
        SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
        FROM pg_class, aclexplode(relacl)
        WHERE pg_class.oid = CAST('user_llm_credentials' AS regclass)
          AND privilege_type = 'UPDATE' AND grantee <> relowner
    LOOP
        EXECUTE 'GRANT SELECT, INSERT, UPDATE ON user_llm_usage TO ' || role;
    END LOOP;
END
$$;
