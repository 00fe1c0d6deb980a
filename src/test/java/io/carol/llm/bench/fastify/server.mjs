// GET and PUT of the settings as a plain Node.js service does them, on CAROL_PORT: for the same tokens, keys and tables as
// the service, and configured by the same variables.
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { createLocalJWKSet, jwtVerify } from "jose";
import pg from "pg";

const env = process.env;
const database = new URL(env.CAROL_DATABASE_URL.replace("jdbc:", ""));
database.username = env.CAROL_DATABASE_USER;
const pool = new pg.Pool({ connectionString: database.href, max: 10 });
const keySet = createLocalJWKSet(JSON.parse(readFileSync(env.CAROL_AUTH_JWKS, "utf8")));
const encryptionKey = Buffer.from(env.CAROL_ENCRYPTION_KEY, "base64");
const kid = createHash("sha256")
  .update("carol-llm-settings:kid:v1")
  .update(encryptionKey)
  .digest("hex")
  .slice(0, 8);

const columns = "provider, model, base_url, api_key_ciphertext IS NOT NULL AS key_configured, version";
const find = {
  name: "find",
  text: `SELECT ${columns} FROM user_llm_credentials WHERE user_id = $1`,
};
const save = {
  name: "save",
  text: `INSERT INTO user_llm_credentials (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE
         SET provider = excluded.provider, model = excluded.model, base_url = excluded.base_url,
             base_url_origin = excluded.base_url_origin, api_key_ciphertext = excluded.api_key_ciphertext,
             version = gen_random_uuid(), updated_at = now()
         RETURNING ${columns}`,
};

function seal(apiKey, ...bound) {
  const iv = randomBytes(12);
  const associatedData = ["v1", kid, ...bound].flatMap((field) => {
    const bytes = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  const cipher = createCipheriv("aes-256-gcm", encryptionKey, iv).setAAD(Buffer.concat(associatedData));
  const ciphertext = Buffer.concat([cipher.update(apiKey, "utf8"), cipher.final()]);
  return `v1.${kid}.${Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString("base64url")}`;
}

function answer(reply, row) {
  return reply.header("ETag", `"${row.version}"`).send({
    provider: row.provider,
    model: row.model,
    baseUrl: row.base_url,
    keyConfigured: row.key_configured,
  });
}

const app = Fastify();
app.addHook("onRequest", async (request, reply) => {
  try {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    const options = { issuer: env.CAROL_AUTH_ISSUER, audience: env.CAROL_AUTH_AUDIENCE };
    request.user = (await jwtVerify(token, keySet, options)).payload.sub;
  } catch {
    return reply.code(401).send({ code: "unauthorized" });
  }
});
app.get("/api/settings/llm", async (request, reply) => {
  const { rows } = await pool.query({ ...find, values: [request.user] });
  return rows.length ? answer(reply, rows[0]) : reply.code(404).send({ code: "not_configured" });
});
const body = {
  type: "object",
  required: ["provider", "model", "baseUrl", "apiKey"],
  additionalProperties: false,
  properties: {
    provider: { const: "openai_compatible" },
    model: { type: "string", minLength: 1, maxLength: 256 },
    baseUrl: { type: "string", format: "uri", maxLength: 2048 },
    apiKey: { type: "string", minLength: 1, maxLength: 8192 },
  },
};
app.put("/api/settings/llm", { schema: { body } }, async (request, reply) => {
  const { provider, model, baseUrl, apiKey } = request.body;
  const { origin } = new URL(baseUrl);
  const sealed = seal(apiKey, request.user, provider, origin);
  const { rows } = await pool.query({
    ...save,
    values: [request.user, provider, model, baseUrl, origin, sealed],
  });
  return answer(reply, rows[0]);
});
await app.listen({ port: Number(env.CAROL_PORT), host: "localhost" });
