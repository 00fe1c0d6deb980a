package io.carol.llm.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.testing.TestNames;
import io.carol.llm.testing.TestPolicy;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which addresses a host is connected to. */
final class GuardedDnsResolverTest {
  private static BaseUrlPolicy policy(String name) {
    return switch (name) {
      case "public" -> TestPolicy.PUBLIC_HOSTS;
      case "listing" -> TestPolicy.withPrivateHosts(".corp.example", "198.18.0.0/15");
      case "allowing" -> TestPolicy.withAllowedHosts("llm.test");
      default -> TestPolicy.ALL_HOSTS;
    };
  }

  private static String resolve(BaseUrlPolicy policy, String scheme, String host)
      throws UnknownHostException {
    return Stream.of(new GuardedDnsResolver(policy, scheme).resolve(host))
        .map(InetAddress::getHostAddress)
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "all, https, any.test, 93.184.216.34, 93.184.216.34",
    "all, https, any.test, 10.0.0.7, 10.0.0.7",
    "all, https, any.test, 198.18.0.7, 198.18.0.7",
    "public, https, any.test, 10.0.0.7 93.184.216.34, 93.184.216.34",
    "all, http, nas.lan, 100.64.1.7, 100.64.1.7",
    "all, http, nas.lan, fd00::7, fd00:0:0:0:0:0:0:7",
    // As with multicast DNS at home.
    "all, http, nas.local, 169.254.7.7 fe80::7 2600:1f18::7 192.168.1.7, 192.168.1.7",
    "all, https, nas.local, 169.254.7.7 fe80::7 8.8.4.4 192.168.1.7, 8.8.4.4 192.168.1.7",
    // Tailscale's Funnel has a public address, and TLS.
    "all, https, box.tail1234.ts.net, 93.184.216.34, 93.184.216.34",
    // What an operator lists by name may lead anywhere.
    "listing, http, a.corp.example, 8.8.4.4, 8.8.4.4",
    "listing, http, ollama, 198.18.0.7, 198.18.0.7",
    "allowing, https, llm.test, 10.0.0.7, 10.0.0.7"
  })
  void areThoseThatThePolicyAllows(
      String policy, String scheme, String host, String addresses, String expected)
      throws UnknownHostException {
    TestNames.answer(host, addresses);
    assertEquals(expected, resolve(policy(policy), scheme, host));
    assertEquals(1, TestNames.lookups(host));
  }

  @ParameterizedTest
  @CsvSource({
    "public, https, a.test, 10.0.0.7, forbidden_host",
    "public, https, a.test, 127.0.0.1, forbidden_host",
    "public, https, a.test, 198.18.0.1, forbidden_host",
    "public, https, a.test, ::1, forbidden_host",
    "all, http, ollama, 93.184.216.34, insecure",
    "all, http, ollama, 2600:1f18::7, insecure",
    "all, http, ollama, 64:ff9b::5db8:d822, insecure",
    "all, http, ollama, 198.18.0.7, insecure",
    "all, http, box.tail1234.ts.net, 93.184.216.34, insecure",
    "listing, http, a.corp.example, 169.254.169.254, forbidden_host",
    // Never, by the ranges of BaseUrlAddressRangesTest.
    "all, https, innocent.test, ::ffff:169.254.169.254, forbidden_host",
    "all, https, innocent.test, 64:ff9b::a9fe:a9fe, forbidden_host",
    "all, https, innocent.test, 169.254.169.254 fe80::1, forbidden_host"
  })
  void areNoneWhenThePolicyAllowsNone(
      String policy, String scheme, String host, String addresses, String code) {
    TestNames.answer(host, addresses);
    AddressNotAllowedException refusal =
        assertThrows(AddressNotAllowedException.class, () -> resolve(policy(policy), scheme, host));
    assertEquals(
        "base_url_" + code,
        assertInstanceOf(InvalidValueException.class, refusal.getCause()).code());
  }

  @Test
  void theRefusalNamesTheHostAndTheAddressAndSaysWhy() {
    TestNames.answer("inside.test", "10.0.0.7");
    AddressNotAllowedException refusal =
        assertThrows(
            AddressNotAllowedException.class,
            () -> resolve(TestPolicy.PUBLIC_HOSTS, "https", "inside.test"));
    assertEquals(
        "inside.test leads to 10.0.0.7. The operator allows public hosts only. Send the address of a"
            + " public host, not of a local or private one.",
        refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "https, 169.254.169.254, forbidden_host",
    "https, metadata.google.internal, forbidden_host",
    "http, '[::ffff:127.0.0.1]', forbidden_host",
    "http, '::ffff:127.0.0.1', forbidden_host",
    "http, llm.test, insecure",
    "http, 93.184.216.34, insecure",
    "http, 127.1, malformed",
    "https, llm.test., malformed",
    "https, user@llm.test, malformed",
    "https, llm.test/x?y, malformed",
    "https, metadata\u3002google\u3002internal, forbidden_host",
    "https, \u2460\u2461\u2466.1, malformed",
    "https, fe80::1%lo, malformed"
  })
  void aHostThatThePolicyRefusesAsItIsSpelledIsNotResolved(
      String scheme, String host, String code) {
    TestNames.answer(host, "127.0.0.1");
    InvalidValueException refusal =
        assertThrows(
            InvalidValueException.class, () -> resolve(TestPolicy.ALL_HOSTS, scheme, host));
    assertEquals("base_url_" + code, refusal.code());
    assertEquals(0, TestNames.lookups(host));
  }

  @Test
  void aLiteralIsItself() throws UnknownHostException {
    assertEquals("10.1.2.3", resolve(TestPolicy.ALL_HOSTS, "http", "10.1.2.3"));
    assertEquals("0:0:0:0:0:0:0:1", resolve(TestPolicy.ALL_HOSTS, "http", "[::1]"));
    assertEquals("0:0:0:0:0:0:0:1", resolve(TestPolicy.ALL_HOSTS, "http", "::1"));
  }

  /** HttpClient gives the Unicode form of a name that the policy takes with xn-- only. */
  @Test
  void anInternationalNameIsResolvedInItsAsciiForm() throws UnknownHostException {
    TestNames.answer("xn--bcher-kva.test", "93.184.216.34");
    assertEquals("93.184.216.34", resolve(TestPolicy.ALL_HOSTS, "https", "b\u00fccher.test"));
    assertEquals(1, TestNames.lookups("xn--bcher-kva.test"));
  }

  @Test
  void atMostEightAddressesAreTried() throws UnknownHostException {
    String[] addresses = new String[20];
    Arrays.setAll(addresses, i -> "10.0.0." + i);
    TestNames.answer("many.lan", String.join(" ", addresses));
    assertEquals(
        String.join(" ", List.of(addresses).subList(0, 8)),
        resolve(TestPolicy.ALL_HOSTS, "http", "many.lan"));
  }

  @Test
  void aNameThatDoesNotExistIsUnknown() {
    TestNames.answer("nowhere.test", "");
    assertThrows(
        UnknownHostException.class, () -> resolve(TestPolicy.ALL_HOSTS, "https", "nowhere.test"));
  }
}
