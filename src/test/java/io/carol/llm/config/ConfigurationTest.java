package io.carol.llm.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the program makes of its settings. */
final class ConfigurationTest {
  private static final String SECRET = "geheim-9a2e";

  @TempDir private Path folder;

  /** The three required settings, then name and value by turns. */
  private static Config with(String... namesAndValues) {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "CAROL_DATABASE_URL", "jdbc:postgresql://localhost/carol",
                "CAROL_AUTH_ISSUER", "https://identity.example",
                "CAROL_AUTH_AUDIENCE", "carol"));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      environment.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Config.just(ConfigSources.create(Setting.of(environment)));
  }

  private static List<String> mistakes(Config config) {
    ConfigurationException refused =
        assertThrows(ConfigurationException.class, () -> Configuration.of(config));
    String message = String.valueOf(refused.getMessage());
    assertFalse(message.contains(SECRET), message);
    return message.lines().toList();
  }

  @Test
  void whatIsNotSetHasItsDefault() {
    assertEquals(
        new Configuration(
            new HttpConfig(
                8080, 8081, 1_024, 600, true, Duration.ofSeconds(5), List.of(), Optional.empty()),
            new DatabaseConfig("jdbc:postgresql://localhost/carol", "", "", 10),
            new AuthConfig(
                "https://identity.example",
                "carol",
                Optional.empty(),
                Optional.empty(),
                "carol_session"),
            new AddressConfig(true, List.of(), List.of()),
            true,
            false),
        Configuration.of(with()));
    assertEquals(new LogConfig(false, "INFO"), Configuration.log(with()));
  }

  @Test
  void whitespaceAroundAValueDoesNotCountAndAnEmptyValueIsNotSet() {
    Configuration configuration =
        Configuration.of(
            with(
                "CAROL_PORT", " 9000\n",
                "CAROL_OBSERVE_PORT", "  ",
                "CAROL_AUTH_AUDIENCE", "\tcarol-app\u00a0\r\n",
                "CAROL_AUTH_ISSUER", "\ufeffhttps://identity.example\u200b",
                "CAROL_AUTH_COOKIE", "",
                "CAROL_USERS_PROVISION", " FALSE ",
                "CAROL_PRIVATE_HOSTS", " .corp.example, ,10.1.0.0/16,"));
    assertEquals(9000, configuration.http().port());
    assertEquals(8081, configuration.http().observePort());
    assertEquals("carol-app", configuration.auth().audience());
    assertEquals("https://identity.example", configuration.auth().issuer());
    assertEquals("carol_session", configuration.auth().cookie());
    assertFalse(configuration.provisionUsers());
    assertEquals(List.of(".corp.example", "10.1.0.0/16"), configuration.addresses().privateHosts());
  }

  @Test
  void everythingThatIsMissingOrWrongIsNamedAtOnce() {
    List<String> mistakes =
        mistakes(
            with(
                "CAROL_DATABASE_URL", "",
                "CAROL_AUTH_ISSUER", " ",
                "CAROL_AUTH_AUDIENCE", "",
                "CAROL_DATABASE_POOL_SIZE", "ten"));
    assertEquals(4, mistakes.size());
    assertEquals(
        "CAROL_DATABASE_URL is not set. It is required: JDBC address such as"
            + " jdbc:postgresql://localhost/carol",
        mistakes.getFirst());
    assertTrue(mistakes.get(2).startsWith("CAROL_AUTH_ISSUER is not set. "), mistakes::toString);
    assertTrue(mistakes.get(3).startsWith("CAROL_AUTH_AUDIENCE is not set. "), mistakes::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "CAROL_PORT, abc, a whole number from 0 to 65535",
    "CAROL_PORT, 65536, a whole number from 0 to 65535",
    "CAROL_OBSERVE_PORT, -1, a whole number from 0 to 65535",
    "CAROL_DATABASE_POOL_SIZE, 0, a whole number from 1 to 1000",
    "CAROL_LIMITS_CONNECTIONS, 0, a whole number from 1 to 1000000",
    "CAROL_LIMITS_WRITES_PER_MINUTE, -1, a whole number from 0 to 1000000",
    "CAROL_SHUTDOWN_DRAIN_SECONDS, 301, a whole number from 0 to 300",
    "CAROL_SHUTDOWN_DRAIN_SECONDS, 99999999999, a whole number from 0 to 300",
    "CAROL_USERS_PROVISION, maybe, true or false",
    "CAROL_ALLOW_PRIVATE_HOSTS, " + SECRET + ", true or false",
    "CAROL_READINESS_REQUIRES_KEY, 1, true or false"
  })
  void aValueThatIsNotAllowedIsRefusedWithWhatIs(String variable, String value, String allowed) {
    assertEquals(List.of(variable + " must be " + allowed), mistakes(with(variable, value)));
  }

  @ParameterizedTest
  @CsvSource({"CAROL_LOG_FORMAT, xml", "CAROL_LOG_LEVEL, loud"})
  void aLogThatCannotBeIsRefused(String variable, String value) {
    ConfigurationException refused =
        assertThrows(ConfigurationException.class, () -> Configuration.log(with(variable, value)));
    assertTrue(String.valueOf(refused.getMessage()).startsWith(variable + " must be "));
  }

  @Test
  void theLogFormatAndLevelMayBeWrittenInAnyCase() {
    assertEquals(
        new LogConfig(true, "DEBUG"),
        Configuration.log(with("CAROL_LOG_FORMAT", "Json", "CAROL_LOG_LEVEL", "Debug")));
  }

  @Test
  void onePortCannotBeForTwo() {
    assertEquals(
        List.of("CAROL_OBSERVE_PORT must not be the same as CAROL_PORT"),
        mistakes(with("CAROL_PORT", "8081")));
    Configuration.of(with("CAROL_PORT", "0", "CAROL_OBSERVE_PORT", "0"));
  }

  @Test
  void originsAreReadAsBrowsersSendThem() {
    assertEquals(
        List.of(
            "https://app.example",
            "http://localhost:3000",
            "http://[::1]:3000",
            "capacitor://localhost",
            "https://own.example",
            "http://own.example",
            "http://own.example:443"),
        Configuration.of(
                with(
                    "CAROL_CORS_ORIGINS",
                    "https://APP.example/, http://localhost:3000,,http://[::1]:3000 ,"
                        + "capacitor://localhost,https://own.example:443/,http://own.example:80,"
                        + "http://own.example:443"))
            .http()
            .corsOrigins());
  }

  @Test
  void whatIsNoOriginIsNamedByItsPlace() {
    String origins =
        "https://a.example,*,app.example,https://a.example/page,null,https://a?x,https://a:443:443";
    assertEquals(
        Stream.of(2, 3, 4, 5, 6, 7)
            .map(place ->
                "CAROL_CORS_ORIGINS entry %d is not an origin such as https://app.example"
                    .formatted(place))
            .toList(),
        mistakes(with("CAROL_CORS_ORIGINS", origins)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"carol session", "session=", "a;b", "\"session\"", "sítzung"})
  void whatCannotNameACookieIsRefused(String name) {
    assertEquals(
        List.of("CAROL_AUTH_COOKIE is not the name of a cookie: leave out spaces, =, ; and quotes"),
        mistakes(with("CAROL_AUTH_COOKIE", name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"carol.example/login", "javascript:alert(1)", "ftp://carol.example/"})
  void whatIsNoLinkToSignInIsRefused(String link) {
    assertEquals(
        List.of("CAROL_SIGN_IN_URL must begin with https://, http:// or a slash"),
        mistakes(with("CAROL_SIGN_IN_URL", link)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/login", "https://carol.example/?to=a", "http://carol", "HTTPS://a/"})
  void aLinkToSignInIsAUrlOrAPath(String link) {
    assertEquals(
        Optional.of(link), Configuration.of(with("CAROL_SIGN_IN_URL", link)).http().signInUrl());
  }

  @Test
  void thePortThatKubernetesSetsForAServiceOfThisNameIsNamedAsSuch() {
    List<String> mistakes = mistakes(with("CAROL_PORT", "tcp://10.0.0.1:80"));
    assertTrue(mistakes.getFirst().contains("enableServiceLinks: false"), mistakes::toString);
  }

  @Test
  void aValueThatTheLocaleCannotHoldSaysSo() {
    assertEquals(
        List.of(
            "CAROL_DATABASE_PASSWORD is not ASCII, so Java needs a UTF-8 locale: set"
                + " LC_ALL=C.UTF-8"),
        mistakes(with("CAROL_DATABASE_PASSWORD", SECRET + "\uFFFD")));
  }

  @Test
  void theDatabasePasswordMayComeFromAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), SECRET + "\n");
    Config config = with("CAROL_DATABASE_PASSWORD_FILE", file.toString());
    assertEquals(SECRET, Configuration.database(config).password());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nowhere/password", "\u0000"})
  void aPasswordFileThatCannotBeReadIsNamed(String file) {
    List<String> mistakes = mistakes(with("CAROL_DATABASE_PASSWORD_FILE", file));
    assertTrue(
        mistakes
            .getFirst()
            .startsWith("CAROL_DATABASE_PASSWORD_FILE names a file that cannot be read ("),
        mistakes::toString);
  }

  @Test
  void aPasswordAndAPasswordFileAreOneTooMany() throws IOException {
    Path file = Files.writeString(folder.resolve("password"), SECRET);
    assertEquals(
        List.of(
            "CAROL_DATABASE_PASSWORD_FILE and CAROL_DATABASE_PASSWORD are both set: unset one of"
                + " them"),
        mistakes(
            with(
                "CAROL_DATABASE_PASSWORD_FILE",
                file.toString(),
                "CAROL_DATABASE_PASSWORD",
                SECRET)));
  }

  @Test
  void aPartCanBeReadWithoutWhatAnotherPartNeeds() {
    Config config = Config.just(ConfigSources.create(Map.of("carol.private.hosts", "a.example")));
    assertEquals(List.of("a.example"), Configuration.addresses(config).privateHosts());
    assertTrue(Configuration.provisionUsers(config));
    assertEquals(8081, Configuration.observePort(config));
    assertThrows(ConfigurationException.class, () -> Configuration.database(config));
  }

  @Test
  void whatLooksLikeAReferenceInAValueIsNone() {
    Config config = Configuration.load(Map.of("carol.database.password", "${user.home}$x"));
    assertEquals("${user.home}$x", config.get("carol.database.password").asString().get());
  }
}
