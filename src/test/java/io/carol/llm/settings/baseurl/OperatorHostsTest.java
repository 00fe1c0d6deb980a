package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.Outcome.FORBIDDEN;
import static io.carol.llm.testing.Outcome.INSECURE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.config.AddressConfig;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.TestPolicy;
import io.carol.llm.testing.Words;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator says about hosts: CAROL_PRIVATE_HOSTS and CAROL_ALLOWED_HOSTS. */
final class OperatorHostsTest {
  @Nested
  final class PrivateHosts {
    private final BaseUrlPolicy policy =
        TestPolicy.withPrivateHosts(
            ".corp.example",
            "*.Intranet",
            "LLM.example.com",
            "203.0.113.0/24",
            "8.8.4.4",
            "2a00:1450:4001::/48",
            "[2606:4700::1111]",
            "2606:4700::2222",
            ".home");

    @ParameterizedTest
    @Words(
        """
        a.corp.example a.b.corp.example A.CORP.Example my_host.corp.example wiki.intranet
        llm.example.com LLM.EXAMPLE.COM nas.home 203.0.113.0 203.0.113.255 8.8.4.4
        [2a00:1450:4001::7] [2A00:1450:4001:0:ffff:ffff:ffff:ffff] [2606:4700:0::1111]
        [2606:4700::2222]
        """)
    void listedHostsCountAsPrivate(String host) {
      for (String url : List.of("http://" + host + ":8080/v1", "https://" + host)) {
        assertEquals(ACCEPTED, Outcome.ofBaseUrl(policy, url), url);
      }
    }

    @ParameterizedTest
    @Words(
        """
        corp.example acorp.example a.corp.example.com corp.example.evil.example a.llm.example.com
        xllm.example.com example.com 203.0.112.255 203.0.114.0 8.8.4.5 8.8.8.8 [2a00:1450:4002::7]
        [2606:4700::1112] intranet.example home.example
        """)
    void otherHostsStayPublic(String host) {
      assertEquals(INSECURE, Outcome.ofBaseUrl(policy, "http://" + host + ":8080/v1"));
      assertEquals(ACCEPTED, Outcome.ofBaseUrl(policy, "https://" + host));
    }

    @ParameterizedTest
    @CsvSource({
      "169.254.169.254, base_url_forbidden_host",
      "metadata.google.internal, base_url_forbidden_host",
      "[::ffff:8.8.4.4], base_url_forbidden_host",
      "[64:ff9b::808:404], base_url_forbidden_host",
      "a.corp.example., base_url_malformed",
      "a..corp.example, base_url_malformed",
      "_a.corp.example, base_url_malformed",
    })
    void listingDoesNotOverrideWhatIsNeverAllowed(String host, String outcome) {
      assertEquals(outcome, Outcome.ofBaseUrl(policy, "http://" + host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://a.corp.example", "https://a.corp.example", "http://8.8.4.4"})
    void listedHostsAreForbiddenWherePrivateHostsAreOff(String url) {
      BaseUrlPolicy off =
          new BaseUrlPolicy(
              new AddressConfig(false, List.of(".corp.example", "8.8.4.4"), List.of()));
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(off, url));
    }

    @ParameterizedTest
    @CsvSource({
      // What a listed name leads to is the operator's business, but for what is never allowed.
      "http://a.corp.example, 93.184.216.34, accepted",
      "http://a.corp.example, 2600:1f18::7, accepted",
      "http://a.corp.example, 198.18.0.1, accepted",
      "http://a.corp.example, 169.254.169.254, base_url_forbidden_host",
      "https://a.corp.example, fd00:ec2::254, base_url_forbidden_host",
      "http://llm.example.com:8080/v1, 93.184.216.34, accepted",
      // Any private name may lead into a listed network.
      "http://ollama, 203.0.113.9, accepted",
      "http://nas.lan, 2a00:1450:4001::9, accepted",
      "http://ollama, 203.0.114.9, base_url_insecure",
      "http://ollama, 93.184.216.34, base_url_insecure",
      "https://example.com, 10.0.0.1, accepted",
      "http://8.8.4.4, 8.8.4.4, accepted",
      "http://[2606:4700::1111]:81, 2606:4700::1111, accepted",
    })
    void listedNamesMayLeadAnywhereAndPrivateNamesIntoListedNetworks(
        String url, String address, String outcome) {
      BaseUrl baseUrl = policy.parse(url);
      assertEquals(
          outcome,
          Outcome.of(() -> policy.requireAllowed(baseUrl, InetAddress.ofLiteral(address))));
    }

    @Test
    void listingChangesNoOrigin() {
      for (String url :
          List.of("https://A.corp.example:443/v1", "https://8.8.4.4", "http://nas.lan:80")) {
        assertEquals(TestPolicy.ALL_HOSTS.parse(url), policy.parse(url));
      }
      assertEquals(
          "http://my_a.corp.example", policy.parse("http://MY_A.corp.example:80/").origin());
    }
  }

  @Nested
  final class AllowedHosts {
    private final BaseUrlPolicy policy =
        TestPolicy.withAllowedHosts(
            "api.openai.com", ".corp.example", "ollama", "10.1.0.0/16", "localhost", "::1");

    @ParameterizedTest
    @CsvSource({
      "https://api.openai.com/v1, accepted",
      "https://a.corp.example, accepted",
      "http://ollama:11434/v1, accepted",
      "http://10.1.2.3, accepted",
      "http://localhost:1234, accepted",
      "http://[0::1], accepted",
      "https://openai.com, base_url_forbidden_host",
      "https://eu.api.openai.com, base_url_forbidden_host",
      "https://corp.example, base_url_forbidden_host",
      "http://10.2.0.0, base_url_forbidden_host",
      "http://127.0.0.1, base_url_forbidden_host",
      "https://[2606:4700::1111], base_url_forbidden_host",
      // A name is listed by name: where it leads today is not known here.
      "http://host.internal, base_url_forbidden_host",
      // They allow a host, not http to a public one.
      "http://api.openai.com/v1, base_url_insecure",
      "http://a.corp.example, base_url_insecure",
      // Forbidden comes before insecure, malformed before both.
      "http://evil.example, base_url_forbidden_host",
      "http://evil.example/.., base_url_malformed",
    })
    void onlyListedHostsAreAllowed(String url, String outcome) {
      assertEquals(outcome, Outcome.ofBaseUrl(policy, url), url);
    }

    @Test
    void listedPrivateHostsAreForbiddenWherePrivateHostsAreOff() {
      BaseUrlPolicy off =
          new BaseUrlPolicy(
              new AddressConfig(false, List.of(), List.of("ollama", "10.0.0.0/8", "llm.test")));
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(off, "http://ollama"));
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(off, "https://10.0.0.1"));
      assertEquals(ACCEPTED, Outcome.ofBaseUrl(off, "https://llm.test"));
      BaseUrl baseUrl = off.parse("https://llm.test");
      assertEquals(
          FORBIDDEN,
          Outcome.of(() -> off.requireAllowed(baseUrl, InetAddress.ofLiteral("10.0.0.1"))));
    }

    @Test
    void aHostMayBeInBothLists() {
      BaseUrlPolicy both =
          new BaseUrlPolicy(
              new AddressConfig(
                  true,
                  List.of(".corp.example", "8.0.0.0/8"),
                  List.of("llm.corp.example", "8.8.0.0/16")));
      assertEquals(ACCEPTED, Outcome.ofBaseUrl(both, "http://llm.corp.example"));
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(both, "http://other.corp.example"));
      assertEquals(ACCEPTED, Outcome.ofBaseUrl(both, "http://8.8.4.4"));
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(both, "http://8.9.4.4"));
    }

    @Test
    void theRefusalDoesNotListThem() {
      InvalidValueException refusal =
          assertThrows(
              InvalidValueException.class, () -> policy.parse("https://secret-host.example"));
      assertEquals(
          "The operator allows certain hosts only. Ask the operator which they are.",
          refusal.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".corp", ".internal", ".home.arpa", ".ts.net", ".svc", ".cluster.local", ".example.co.uk",
        "com", "co.uk", "10.0.0.0/8", "fc00::/7", "127.0.0.1", "203.0.113.7/32", "::1/128",
        "my_ollama", ".my_net.internal", "7b",
      })
  void namesDomainsAddressesAndNetworksAreTaken(String entry) {
    TestPolicy.withPrivateHosts(entry);
    TestPolicy.withAllowedHosts(entry);
  }

  @Nested
  final class Mistakes {
    private static String messageFor(String... entries) {
      String message = messageOf(() -> TestPolicy.withPrivateHosts(entries));
      assertEquals(
          message.replace("PRIVATE", "ALLOWED"),
          messageOf(() -> TestPolicy.withAllowedHosts(entries)));
      return message;
    }

    private static String messageOf(Executable call) {
      return String.valueOf(assertThrows(ConfigurationException.class, call).getMessage());
    }

    @ParameterizedTest
    @Words(
        """
        . * *. .. ** *.* *corp.example a.*.example a..example .corp..example corp.example.
        -a.example a_.example http://llm.example.com llm.example.com:8443 llm.example.com/v1
        user@llm.example.com b\u00fccher.example 127.1 2130706433 10.0.0.256 010.0.0.1 10.0.0.0/
        10.0.0.0/x 10.0.0.0/-8 10.0.0.0/+8 10.0.0.0/33 10.0.0.0/999 10.0.0.0/8/8 10.0.0.1/8 /8
        fd00::/129 fd00::1/64 [fd00::]/64 fd00::: fe80::1%eth0 .10.0.0.1 *.10.0.0.1 / 10/8
        10.0.0.0/\u0668 1.2.3.4.5/8 a/8 ::1/127
        """)
    @ValueSource(strings = {"a b", "10.0.0.0/ 8"})
    void mistakesAreNamedWithTheirPlaceAndNotRepeated(String entry) {
      String message = messageFor("ollama", entry, ".corp.example");
      assertTrue(message.startsWith("CAROL_PRIVATE_HOSTS: entry 2 "), message);
      assertEquals(1, message.lines().count());
      assertFalse(entry.length() > 4 && message.contains(entry), message);
    }

    @ParameterizedTest
    @Words(
        """
        .com *.com .de .co.uk .COM .ai .xn--p1ai 0.0.0.0/0 128.0.0.0/1 8.0.0.0/7 ::/0 2000::/3
        fc00::/6
        """)
    void entriesThatCoverTooMuchAreRefused(String entry) {
      String message = messageFor(entry);
      assertTrue(message.startsWith("CAROL_PRIVATE_HOSTS: entry 1 covers "), message);
    }

    @ParameterizedTest
    @Words(
        """
        metadata.google.internal .metadata.google.internal metadata 169.254.0.0/16 169.254.169.254
        0.0.0.0 0.0.0.0/8 224.0.0.0/4 255.255.255.255 :: fe80::/10 fd00:ec2::254 ::ffff:0:0/96
        ::ffff:10.0.0.1 64:ff9b::/96 2002::/16
        """)
    void entriesThatAreNeverAllowedAreRefused(String entry) {
      assertTrue(messageFor(entry).matches("CAROL_PRIVATE_HOSTS: entry 1 (names|covers) .*"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://llm.example.com", "llm.example.com/v1", "llm.example.com/"})
    void anAddressInPlaceOfAHostIsRefusedWithWhatToCutOff(String entry) {
      assertEquals(
          "CAROL_PRIVATE_HOSTS: entry 1 is not a network such as 10.0.0.0/8. Name a host alone,"
              + " without https:// and path",
          messageFor(entry));
    }

    @Test
    void mistakesAreNamedAllAtOnce() {
      assertEquals(
          List.of("CAROL_PRIVATE_HOSTS: entry 1", "CAROL_PRIVATE_HOSTS: entry 3"),
          messageFor("*", "ollama", "10.0.0.1/8")
              .lines()
              .map(line -> line.substring(0, 28))
              .toList());
    }
  }
}
