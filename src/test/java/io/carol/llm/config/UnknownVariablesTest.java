package io.carol.llm.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An operator is told of variables that nothing reads. */
final class UnknownVariablesTest {
  private static List<String> warnings(String name, String value) {
    return UnknownVariables.warnings(Map.of(name, value, "PATH", "/bin", "CAROLINE", "x"));
  }

  @ParameterizedTest
  @CsvSource({
    "CAROL_ENCRYPTON_KEY, CAROL_ENCRYPTION_KEY",
    "CAROL_DATABASE_POOLSIZE, CAROL_DATABASE_POOL_SIZE",
    "CAROL_DATABASE_PASSWORD_FILES, CAROL_DATABASE_PASSWORD_FILE",
    "CAROL_DB_URL, CAROL_DATABASE_URL",
    "CAROL_ISSUER, CAROL_AUTH_ISSUER",
    "CAROL_CORS_ORIGIN, CAROL_CORS_ORIGINS",
    "CAROL_LOGLEVEL, CAROL_LOG_LEVEL"
  })
  void anotherNameIsNamedWithTheNearestThatIsRead(String name, String nearest) {
    assertEquals(
        List.of(name + " is not a setting. Is " + nearest + " meant?"), warnings(name, "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"CAROL_SOMETHING_ELSE_ENTIRELY", "CAROL_HOME", "CAROL_API_KEY"})
  void aNameThatIsNearNoneIsNamedAlone(String name) {
    assertEquals(List.of(name + " is not a setting"), warnings(name, "x"));
  }

  @Test
  void severalAreNamedInOrder() {
    assertEquals(
        List.of(
            "CAROL_PORTS is not a setting. Is CAROL_PORT meant?",
            "CAROL_TRUSTED_PROXIES is not a setting"),
        UnknownVariables.warnings(
            new TreeMap<>(Map.of("CAROL_TRUSTED_PROXIES", "x", "CAROL_PORTS", "x"))));
  }

  @ParameterizedTest
  @CsvSource({
    "CAROL_SERVICE_HOST, 10.0.0.1",
    "CAROL_LLM_SETTINGS_SERVICE_HOST, 10.0.0.1",
    "CAROL_LLM_SETTINGS_SERVICE_PORT_HTTP, 80",
    "CAROL_LLM_SETTINGS_PORT, tcp://10.0.0.1:80",
    "CAROL_LLM_SETTINGS_PORT_80_TCP, tcp://10.0.0.1:80",
    "CAROL_LLM_SETTINGS_PORT_80_TCP_ADDR, 10.0.0.1"
  })
  void whatKubernetesSetsForServicesIsPassedOver(String name, String value) {
    assertEquals(List.of(), warnings(name, value));
  }

  @Test
  void everySettingIsKnown() {
    Stream.of(Setting.values())
        .forEach(setting -> assertEquals(List.of(), warnings(setting.variable(), "x")));
  }
}
