package io.carol.llm.provider;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses a host is connected to. */
final class GuardedDnsResolverTest {
  private static final String PUBLIC = "93.184.216.34";

  private static final BaseUrlPolicy LISTING = TestPolicy.withPrivateHosts(".corp.example");

  private static String resolve(BaseUrlPolicy policy, String scheme, String host)
      throws UnknownHostException {
    return Stream.of(new GuardedDnsResolver(policy, scheme).resolve(host))
        .map(InetAddress::getHostAddress)
        .collect(Collectors.joining(" "));
  }

  static Stream<Arguments> allowed() {
    return Stream.of(
        Arguments.of(TestPolicy.ALL_HOSTS, "https", "anything.test", PUBLIC, PUBLIC),
        Arguments.of(TestPolicy.ALL_HOSTS, "https", "anything.test", "10.0.0.7", "10.0.0.7"),
        Arguments.of(TestPolicy.ALL_HOSTS, "https", "anything.test", "198.18.0.7", "198.18.0.7"),
        Arguments.of(TestPolicy.PUBLIC_HOSTS, "https", "anything.test", PUBLIC, PUBLIC),
        Arguments.of(
            TestPolicy.PUBLIC_HOSTS, "https", "anything.test", "10.0.0.7 " + PUBLIC, PUBLIC),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "nas.lan", "192.168.1.7", "192.168.1.7"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "nas.lan", "100.64.1.7", "100.64.1.7"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "nas.lan", "fd00::7", "fd00:0:0:0:0:0:0:7"),
        // As with multicast DNS at home.
        Arguments.of(
            TestPolicy.ALL_HOSTS,
            "http",
            "nas.local",
            "169.254.7.7 fe80::7 2600:1f18::7 192.168.1.7 fd00::7",
            "192.168.1.7 fd00:0:0:0:0:0:0:7"),
        Arguments.of(
            TestPolicy.ALL_HOSTS,
            "https",
            "nas.local",
            "169.254.7.7 fe80::7 2600:1f18::7 192.168.1.7",
            "2600:1f18:0:0:0:0:0:7 192.168.1.7"),
        // Tailscale's Funnel has a public address, and TLS.
        Arguments.of(TestPolicy.ALL_HOSTS, "https", "box.tail1234.ts.net", PUBLIC, PUBLIC),
        // What an operator lists by name may lead anywhere.
        Arguments.of(LISTING, "http", "a.corp.example", "8.8.4.4", "8.8.4.4"),
        Arguments.of(
            TestPolicy.withPrivateHosts("198.18.0.0/15"),
            "http",
            "ollama",
            "198.18.0.7",
            "198.18.0.7"),
        Arguments.of(
            TestPolicy.withAllowedHosts("llm.test"), "https", "llm.test", "10.0.0.7", "10.0.0.7"));
  }

  @ParameterizedTest
  @MethodSource("allowed")
  void areThoseThatThePolicyAllows(
      BaseUrlPolicy policy, String scheme, String host, String addresses, String expected)
      throws UnknownHostException {
    TestNames.answer(host, addresses);
    assertEquals(expected, resolve(policy, scheme, host));
    assertEquals(1, TestNames.lookups(host));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(TestPolicy.PUBLIC_HOSTS, "https", "a.test", "10.0.0.7", "forbidden_host"),
        Arguments.of(TestPolicy.PUBLIC_HOSTS, "https", "a.test", "127.0.0.1", "forbidden_host"),
        Arguments.of(TestPolicy.PUBLIC_HOSTS, "https", "a.test", "198.18.0.1", "forbidden_host"),
        Arguments.of(TestPolicy.PUBLIC_HOSTS, "https", "a.test", "::1", "forbidden_host"),
        Arguments.of(TestPolicy.PUBLIC_HOSTS, "https", "a.test", "fd12::7", "forbidden_host"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "ollama", PUBLIC, "insecure"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "ollama", "2600:1f18::7", "insecure"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "ollama", "64:ff9b::5db8:d822", "insecure"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "ollama", "198.18.0.7", "insecure"),
        Arguments.of(TestPolicy.ALL_HOSTS, "http", "box.tail1234.ts.net", PUBLIC, "insecure"),
        Arguments.of(LISTING, "http", "a.corp.example", "169.254.169.254", "forbidden_host"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void areNoneWhenThePolicyAllowsNone(
      BaseUrlPolicy policy, String scheme, String host, String addresses, String code) {
    TestNames.answer(host, addresses);
    assertEquals("base_url_" + code, codeOfRefusal(policy, scheme, host));
  }

  /** By the ranges of BaseUrlAddressRangesTest. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "169.254.169.254 fe80::1"
      })
  void areNeverThoseOfMetadataServicesAndTheirKind(String addresses) {
    TestNames.answer("innocent.test", addresses);
    assertEquals(
        "base_url_forbidden_host", codeOfRefusal(TestPolicy.ALL_HOSTS, "https", "innocent.test"));
  }

  private static String codeOfRefusal(BaseUrlPolicy policy, String scheme, String host) {
    AddressNotAllowedException refusal =
        assertThrows(AddressNotAllowedException.class, () -> resolve(policy, scheme, host));
    return assertInstanceOf(InvalidValueException.class, refusal.getCause()).code();
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
    "http, 2130706433, malformed",
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
    TestNames.answer("xn--bcher-kva.test", PUBLIC);
    assertEquals(PUBLIC, resolve(TestPolicy.ALL_HOSTS, "https", "b\u00fccher.test"));
    assertEquals(1, TestNames.lookups("xn--bcher-kva.test"));
  }

  @Test
  void atMostEightAddressesAreTried() throws UnknownHostException {
    String[] addresses = new String[20];
    Arrays.setAll(addresses, i -> "10.0.0." + i);
    TestNames.answer("many.lan", String.join(" ", addresses));
    InetAddress[] allowed =
        new GuardedDnsResolver(TestPolicy.ALL_HOSTS, "http").resolve("many.lan");
    assertArrayEquals(
        Arrays.copyOf(addresses, 8),
        Stream.of(allowed).map(InetAddress::getHostAddress).toArray(String[]::new));
  }

  @Test
  void aNameThatDoesNotExistIsUnknown() {
    TestNames.answer("nowhere.test", "");
    assertThrows(
        UnknownHostException.class, () -> resolve(TestPolicy.ALL_HOSTS, "https", "nowhere.test"));
  }
}
