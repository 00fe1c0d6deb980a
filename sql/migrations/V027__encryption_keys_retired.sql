-- A retired key still opens what it has sealed, but seals nothing new: the statement that stores a ciphertext refuses
-- it. Null while the key is in use.
ALTER TABLE llm_encryption_keys ADD COLUMN retired_at timestamptz;

-- Replicas of the version before still write seals and sealing_at while an installation is updated; this version
-- neither reads nor writes them. Both have defaults, so that a key can be registered without them.
COMMENT ON COLUMN llm_encryption_keys.seals IS 'No longer written.';
COMMENT ON COLUMN llm_encryption_keys.sealing_at IS 'No longer written.';
