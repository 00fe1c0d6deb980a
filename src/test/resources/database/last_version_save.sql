-- The statement with which the version before V026 saves settings.
WITH before AS (
  SELECT CAST(version AS text) AS version, provider, base_url_origin, api_key_ciphertext
  FROM user_llm_credentials
  WHERE user_id = :user_id
  FOR UPDATE
), decided AS (
  SELECT CASE
    WHEN EXISTS (SELECT FROM before
                 WHERE :if_none_match = '*' OR version = ANY (string_to_array(:if_none_match, ',')))
      THEN 'precondition_failed'
    WHEN CAST(:if_match AS text) IS NOT NULL
     AND NOT EXISTS (SELECT FROM before WHERE :if_match = '*' OR version = ANY (string_to_array(:if_match, ',')))
      THEN 'precondition_failed'
    WHEN :keep_key
     AND EXISTS (SELECT FROM before
                 WHERE api_key_ciphertext IS NOT NULL
                   AND (provider <> :provider OR base_url_origin IS DISTINCT FROM :base_url_origin))
      THEN 'key_would_move'
    WHEN NOT :provision AND NOT EXISTS (SELECT FROM users WHERE id = :user_id)
      THEN 'unknown_user'
    ELSE 'ok'
  END AS verdict
), provisioned AS (
  INSERT INTO users (id)
  SELECT :user_id FROM decided WHERE verdict = 'ok' AND :provision AND NOT EXISTS (SELECT FROM before)
  ON CONFLICT (id) DO NOTHING
  RETURNING id
), saved AS (
  INSERT INTO user_llm_credentials AS stored
         (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)
  SELECT :user_id, :provider, :model,
         CAST(:base_url AS text), CAST(:base_url_origin AS text), CAST(:api_key_ciphertext AS text)
  FROM decided LEFT JOIN provisioned ON true
  WHERE verdict = 'ok'
  ON CONFLICT (user_id) DO UPDATE
  SET provider = excluded.provider,
      model = excluded.model,
      base_url = excluded.base_url,
      base_url_origin = excluded.base_url_origin,
      api_key_ciphertext = CASE WHEN :keep_key THEN stored.api_key_ciphertext ELSE excluded.api_key_ciphertext END,
      version = gen_random_uuid(),
      updated_at = now()
  WHERE EXISTS (SELECT FROM before)
  RETURNING CAST(version AS text) AS version, api_key_ciphertext IS NOT NULL AS key_configured
)
SELECT verdict, saved.version, key_configured, NOT EXISTS (SELECT FROM before) AS created,
       EXISTS (SELECT FROM before WHERE api_key_ciphertext IS NOT NULL) AS key_existed
FROM decided LEFT JOIN saved ON true
