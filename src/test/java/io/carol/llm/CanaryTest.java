package io.carol.llm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.carol.llm.crypto.CryptoException;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.LogCapture;
import io.carol.llm.testing.Postgres;
import io.carol.llm.testing.RawHttp;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.Secrets;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * A key that can be recognised goes everywhere a key can go, rightly and wrongly, while every
 * logger writes all it can and PostgreSQL logs each statement. Afterwards it is looked for
 * everywhere.
 */
final class CanaryTest {
  private static final String CANARY = "sk-canary+Zm9yYmlkZGVu/0x4BadCafe~w9eJ7q";
  private static final String ENCRYPTION_KEY = Secrets.encryptionKey();
  private static final int PIECE = 8;
  private static final String URL = "https://llm.example/v1";

  /** Those that an operator can have write everything; the service caps all others. */
  private static final List<String> LOGGERS = List.of("io.carol", "com.nimbusds", "org.flywaydb");

  @TempDir static Path folder;
  private static Path databaseLog;
  @AutoClose private static Postgres postgres;

  private final Map<Logger, Level> levels = new HashMap<>();
  private final List<String> answers = new ArrayList<>();
  private final Set<String> ciphertexts = new LinkedHashSet<>();
  private final Set<String> tokens = new LinkedHashSet<>();
  private String database;
  private LogCapture log;
  private TestService service;

  @BeforeAll
  static void startDatabase() throws Exception {
    databaseLog = folder.resolve("postgres.log");
    postgres = Postgres.start(folder);
    for (String setting :
        List.of(
            "log_statement = 'all'",
            "log_min_messages = 'debug1'",
            "log_error_verbosity = 'verbose'",
            "log_min_error_statement = 'debug1'",
            "log_parameter_max_length_on_error = -1")) {
      postgres.sql("postgres", "ALTER SYSTEM SET " + setting);
    }
    postgres.sql("postgres", "SELECT pg_reload_conf()");
  }

  @BeforeEach
  void listen(TestInfo test) throws SQLException {
    database = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    postgres.createDatabase(database);
    for (String name : LOGGERS) {
      Logger logger = (Logger) LoggerFactory.getLogger(name);
      levels.put(logger, logger.getLevel());
      logger.setLevel(Level.TRACE);
    }
    log = new LogCapture();
    service = start(Map.of());
  }

  @AfterEach
  void stopListening() {
    service.close();
    log.close();
    levels.forEach(Logger::setLevel);
  }

  @Test
  void aKeyIsNowhereButSealedInItsRow() throws Exception {
    saveAndRead();
    sendWrongly();
    sendMalformedMessages();
    failInside();
    observe();

    assertTrue(ciphertexts.size() >= 3, "each save seals anew");
    assertTrue(log.text().contains(" DEBUG "), "loggers write all they can");
    search("an answer", String.join("\n", answers), true);
    search("the log", log.text(), true);
    search("the name of a thread", threadNames(), true);
    // The ciphertext may be there: PostgreSQL is told it to store it, and an operator who has it
    // log parameters has decided to keep rows in its log. A reader of either needs the key.
    search("PostgreSQL's log", Files.readString(databaseLog), false);
    assertTrue(
        Files.readString(databaseLog).contains(ciphertexts.iterator().next()),
        "PostgreSQL logs parameters");
    searchFilesOfTheDatabase();
  }

  /** Tables, indexes and the write-ahead log: what a backup or a stolen disk holds. */
  private void searchFilesOfTheDatabase() throws Exception {
    postgres.sql(database, "CHECKPOINT");
    boolean sealed = false;
    try (Stream<Path> files = Files.walk(folder.resolve("postgres"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String content = Files.readString(file, ISO_8859_1);
        for (String secret : List.of(CANARY, ENCRYPTION_KEY)) {
          assertFalse(content.contains(secret), () -> file + " holds " + secret);
        }
        sealed |= content.contains(ciphertexts.iterator().next());
      }
    }
    assertTrue(sealed, "the ciphertext is in the files that were searched");
  }

  @Test
  void aKeyThatCannotBeSealedIsNowhereAtAll() throws Exception {
    service.close();
    service = start(Map.of("carol.encryption.key", ""));
    assertEquals("encryption_key_missing", put("nobody", settings("apiKey", CANARY)).code());
    service.close();
    service = start(Map.of("carol.encryption.key", CANARY));
    assertEquals("encryption_key_malformed", put("nobody", settings("apiKey", CANARY)).code());
    observe();
    search("an answer", String.join("\n", answers), true);
    search("the log", log.text(), true);
    search("PostgreSQL's log", Files.readString(databaseLog), true);
  }

  private void saveAndRead() {
    Api user = as("user");
    assertEquals(201, put("user", settings("apiKey", CANARY)).status());
    assertEquals(200, answered(user.get()).status());
    assertEquals(200, put("user", settings("model", "other")).status());
    assertEquals(200, put("user", settings("apiKey", "  " + CANARY + "\\t")).status());
    assertEquals(422, put("user", settings("baseUrl", "https://elsewhere.example")).status());
    assertEquals(412, answered(user.put(settings("apiKey", CANARY), "If-Match", "\"x\"")).status());
    assertEquals(
        200,
        put("user", "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"" + CANARY + "\"}")
            .status());
    try (LlmSettingsService agent = TestService.agent(service.config())) {
      assertEquals(CANARY, agent.getDecryptedLlmKey("user").map(ApiKey::reveal).orElseThrow());
      answers.add(agent.getDecryptedLlmSettings("user").toString());
      postgres.sql(
          database,
          "UPDATE user_llm_credentials SET provider = 'openai_compatible', base_url = '"
              + URL
              + "', base_url_origin = 'https://llm.example'");
      CryptoException broken =
          assertThrows(CryptoException.class, () -> agent.getDecryptedLlmKey("user"));
      answers.add(broken.toString());
    }
    assertEquals(204, answered(user.delete()).status());
    assertEquals(404, answered(user.get()).status());
    assertEquals(201, put("user", settings("apiKey", CANARY)).status());
  }

  private void sendWrongly() {
    for (String body :
        List.of(
            settings("apiKey", "two " + CANARY),
            settings("apiKey", CANARY + "é"),
            settings("apiKey", CANARY + "****"),
            settings("apiKey", CANARY.repeat(300)),
            settings("provider", CANARY),
            settings("model", CANARY + "\\u0000"),
            settings("model", CANARY.repeat(10)),
            settings("api_key", CANARY),
            settings(CANARY, CANARY),
            settings(CANARY, CANARY).replace("}", ",\"" + CANARY + "\":1}"),
            settings("apiKey", CANARY).replace("}", ",\"apiKey\":\"" + CANARY + "\"}"),
            "{\"apiKey\":[\"" + CANARY + "\"]}",
            "{\"apiKey\":{\"" + CANARY + "\":\"" + CANARY + "\"}}",
            "\"" + CANARY + "\"",
            "[\"" + CANARY + "\"]",
            CANARY,
            settings("apiKey", CANARY) + CANARY,
            settings("apiKey", CANARY + "\\x"),
            settings("apiKey", CANARY).replace("\"}", ""),
            settings("apiKey", CANARY).replace("}", "]"),
            settings("baseUrl", CANARY),
            settings("baseUrl", "https://" + CANARY + "@llm.example"),
            settings("baseUrl", "https://user:" + CANARY + "@llm.example/v1"),
            settings("baseUrl", "https://llm.example/v1?key=" + CANARY),
            settings("baseUrl", "https://llm.example/v1#" + CANARY),
            settings("baseUrl", "https://" + CANARY),
            settings("baseUrl", "http://llm.example/" + CANARY),
            settings("baseUrl", "ftp://llm.example/" + CANARY),
            settings("baseUrl", "https://169.254.169.254/" + CANARY))) {
      assertTrue(put("user", body).status() >= 400, body);
    }
    Api user = as("user");
    String good = settings("apiKey", CANARY);
    for (String header :
        ("If-Match If-None-Match Content-Type Content-Encoding Origin X-Request-Id "
                + "X-Api-Key Accept User-Agent Referer Cookie Range")
            .split(" ", -1)) {
      answered(user.put(good, header, CANARY));
      answered(user.put(good, header, "\"" + CANARY + "\""));
      answered(user.get(header, CANARY));
      answered(user.delete(header, CANARY));
      answered(service.anonymous().send("GET", "/openapi", null, header, CANARY));
    }
    for (String authorization : List.of("Bearer " + CANARY, "Basic " + CANARY, CANARY)) {
      answered(service.anonymous().get("Authorization", authorization));
    }
    for (String cookie : List.of("carol_session=" + CANARY, CANARY + "=" + CANARY)) {
      answered(service.anonymous().put(good, "Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    }
    String token = token("user");
    String tampered = token.substring(0, token.length() - 20) + "A".repeat(20);
    tokens.add(tampered);
    answered(service.anonymous().get("Authorization", "Bearer " + tampered));
    answered(service.anonymous().put(good, "Cookie", "carol_session=" + token));
    String query = "?api_key=" + CANARY + "&access_token=" + token;
    answered(user.send("PUT", Api.PATH + query, good.getBytes(UTF_8)));
    answered(user.send("GET", Api.PATH + query, null));
    answered(user.send("POST", Api.PATH + query, good.getBytes(UTF_8)));
    answered(service.anonymous().send("GET", Api.PATH + query, null));
    answered(user.send("GET", "/" + CANARY + query, null));
    answered(user.send("GET", "/openapi" + query, null));
    rememberCiphertexts();
  }

  /** The key where the server reads lines, numbers and names. */
  private void sendMalformedMessages() {
    String authorization = "Authorization: Bearer " + token("user") + "\r\n";
    String put = "PUT " + Api.PATH + " HTTP/1.1\r\nHost: localhost\r\n" + authorization;
    String json = "Content-Type: application/json\r\n";
    String body = settings("apiKey", CANARY);
    String length = "Content-Length: " + body.length() + "\r\n";
    for (String message :
        List.of(
            // The rest of the body becomes the next request.
            put + json + "\r\n" + body + "\r\n\r\n",
            put + json + "Content-Length: 5\r\n\r\n" + body + "\r\n\r\n",
            put + json + length + length + "\r\n" + body,
            put + json + length + "Transfer-Encoding: chunked\r\n\r\n" + body,
            put + json + "Content-Length: " + CANARY + "\r\n\r\n" + body,
            put + json + "Transfer-Encoding: " + CANARY + "\r\n\r\n" + body,
            put + json + "Transfer-Encoding: chunked\r\n\r\n" + CANARY + "\r\n" + body,
            put + json + "Transfer-Encoding: chunked\r\n\r\n" + body,
            put + json + "Transfer-Encoding: chunked\r\n\r\n5\r\n" + body + "\r\n0\r\n\r\n",
            put + json + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + CANARY + "\r\n\r\n",
            put + json + "Transfer-Encoding: chunked\r\n\r\n1\n" + CANARY + "\r\n\r\n",
            put + json + "Content-Length: 1000\r\n\r\n" + body,
            put + json + "Content-Length: 100000\r\n\r\n" + body,
            put + json + "Content-Length: 99999999999\r\n\r\n" + body,
            put + json + "Expect: " + CANARY + "\r\n" + length + "\r\n" + body,
            put + CANARY + "\r\n\r\n",
            put + CANARY + ": " + CANARY + "\r\n\r\n",
            put + "X-Api-Key: " + CANARY + "\n" + authorization + "\r\n",
            put + "X-Api-Key: " + CANARY + "\r" + authorization + "\r\n",
            put + "X-Api-Key: " + CANARY + "\0\r\n\r\n",
            put + "X-Api-Key: " + CANARY + "x".repeat(20_000) + "\r\n\r\n",
            put + "Host: " + CANARY + "\r\n\r\n",
            put.replace("localhost", CANARY) + "\r\n",
            put.replace("localhost", "localhost:" + CANARY) + "\r\n",
            put.replace(Api.PATH, Api.PATH + "#" + CANARY) + "\r\n",
            put.replace(Api.PATH, Api.PATH + "?%" + CANARY) + "\r\n",
            put.replace(Api.PATH, "/%" + CANARY) + "\r\n",
            put.replace(Api.PATH, CANARY) + "\r\n",
            put.replace(Api.PATH, Api.PATH + " " + CANARY) + "\r\n",
            put.replace("HTTP/1.1", CANARY) + "\r\n",
            put.replace("PUT", CANARY) + "\r\n",
            put.replace("PUT", "HEAD") + "Content-Length: " + CANARY + "\r\n\r\n",
            authorization + put + "\r\n",
            body + put + "\r\n",
            CANARY + "\r\n\r\n",
            "\u0016" + CANARY,
            "\r\n" + authorization)) {
      try (RawHttp raw = new RawHttp(service.connect())) {
        raw.send(message).finish().readAll().forEach(this::answered);
      }
      try (RawHttp raw = new RawHttp(service.connectToObserve())) {
        raw.send(message).finish().readAll().forEach(this::answered);
      }
      new RawHttp(service.connect()).send(message).abort();
    }
  }

  /** What the database says of a row it refuses holds the whole row. */
  private void failInside() {
    postgres.sql(
        database, "ALTER TABLE user_llm_credentials ADD CONSTRAINT never CHECK (model <> 'never')");
    assertEquals(500, put("other", settings("apiKey", CANARY, "model", "never")).status());
    postgres.sql(
        database,
        "ALTER TABLE user_llm_credentials"
            + " ADD CONSTRAINT short CHECK (char_length(api_key_ciphertext) < 30) NOT VALID");
    assertEquals(500, put("other", settings("apiKey", CANARY)).status());
    postgres.sql(database, "ALTER TABLE user_llm_credentials RENAME TO away");
    assertEquals(503, answered(as("other").put(settings("apiKey", CANARY))).status());
  }

  private void observe() {
    for (String path :
        List.of("health", "health/live", "health/ready", "health/started", "metrics", CANARY)) {
      answered(service.observe("/observe/" + path));
    }
  }

  private TestService start(Map<String, String> overrides) {
    Map<String, String> all = new HashMap<>();
    all.put("carol.encryption.key", ENCRYPTION_KEY);
    all.put("carol.database.url", postgres.url(database));
    all.putAll(overrides);
    return TestService.start("unused", all);
  }

  private static String settings(String... members) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("provider", "openai_compatible");
    all.put("model", "m");
    all.put("baseUrl", URL);
    for (int i = 0; i < members.length; i += 2) {
      all.put(members[i], members[i + 1]);
    }
    return all.entrySet().stream()
        .map(member -> "\"" + member.getKey() + "\":\"" + member.getValue() + "\"")
        .reduce((a, b) -> a + "," + b)
        .map(text -> "{" + text + "}")
        .orElseThrow();
  }

  private Reply put(String user, String body) {
    Reply reply = answered(as(user).put(body));
    rememberCiphertexts();
    return reply;
  }

  private Api as(String user) {
    return new Api(service.port(), token(user));
  }

  private String token(String user) {
    String token = TestService.identity().token(user);
    tokens.add(token);
    return token;
  }

  private Reply answered(Reply reply) {
    answers.add(reply.toString());
    return reply;
  }

  private void rememberCiphertexts() {
    String stored = "SELECT string_agg(api_key_ciphertext, ' ') FROM user_llm_credentials";
    ciphertexts.addAll(List.of(postgres.sqlValue(database, stored).split(" ")));
    ciphertexts.remove("null");
  }

  private static String threadNames() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .reduce("", (a, b) -> a + "\n" + b);
  }

  private void search(String where, String text, boolean alsoForCiphertext) throws IOException {
    Set<String> forbidden = new LinkedHashSet<>();
    Stream.of(CANARY, ENCRYPTION_KEY).flatMap(CanaryTest::spellings).forEach(forbidden::add);
    // The signature is what makes a token a secret.
    tokens.forEach(token -> forbidden.add(token.substring(token.lastIndexOf('.'))));
    if (alsoForCiphertext) {
      ciphertexts.forEach(sealed -> forbidden.add(sealed.substring(sealed.lastIndexOf('.') + 1)));
    }
    for (String secret : forbidden) {
      int at = text.indexOf(secret);
      if (at >= 0) {
        fail(
            where
                + " holds "
                + secret
                + " in: "
                + text.substring(Math.max(0, at - 300), Math.min(text.length(), at + 300)));
      }
    }
  }

  /** Every piece of the text, as it is and in hexadecimal, and all of it in base64. */
  private static Stream<String> spellings(String secret) {
    byte[] bytes = secret.getBytes(UTF_8);
    List<String> all = new ArrayList<>();
    // A piece is enough: hexadecimal dumps break their lines.
    for (int from = 0; from + PIECE <= bytes.length; from++) {
      all.add(secret.substring(from, from + PIECE));
      for (HexFormat hex : List.of(HexFormat.of(), HexFormat.ofDelimiter(" "))) {
        all.add(hex.formatHex(bytes, from, from + PIECE));
        all.add(hex.withUpperCase().formatHex(bytes, from, from + PIECE));
      }
    }
    // Three times, for where in a longer text it may stand.
    for (int shift = 0; shift < 3; shift++) {
      byte[] shifted = new byte[shift + bytes.length];
      System.arraycopy(bytes, 0, shifted, shift, bytes.length);
      for (Base64.Encoder encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
        String encoded = encoder.withoutPadding().encodeToString(shifted);
        all.add(encoded.substring(4, encoded.length() - 4));
      }
    }
    return all.stream();
  }
}
