package io.carol.llm.settings.baseurl;

import static io.carol.llm.settings.baseurl.BaseUrlAgainstOtherParsersTest.assertReadByTheJdk;
import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static io.carol.llm.testing.TestPolicy.PUBLIC_HOSTS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.UnseenCharacters;
import io.carol.llm.testing.CaseFile;
import io.carol.llm.testing.Outcome;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any text as a base URL: what is accepted goes to one place only, whichever program reads it, and
 * that place is allowed. {@code make fuzz} looks for more texts; the tests run those of the case
 * file.
 */
final class BaseUrlFuzzTest {
  private static final Pattern PRIVATE_NAME =
      Pattern.compile("[^.:]+|.*\\.(localhost|local|internal|lan|home\\.arpa|svc|ts\\.net)");
  private static final Pattern METADATA_NAME =
      Pattern.compile(
          "(.*\\.)?(metadata(|\\.internal|\\.goog|\\.(google|azure)\\.internal|\\.tencentyun\\.com)"
              + "|instance-data(|\\.ec2\\.internal))");

  static Stream<byte[]> caseFile() {
    return CaseFile.of("/url/base_url_cases.json")
        .map(example -> example.getString("url").getBytes(UTF_8));
  }

  @MethodSource("caseFile")
  @FuzzTest(maxDuration = "")
  void whatIsAcceptedGoesToOnePlaceThatIsAllowed(byte[] input) throws URISyntaxException {
    String text = new String(input, UTF_8);
    Optional<BaseUrl> accepted = parse(ALL_HOSTS, text);
    if (accepted.isEmpty()) {
      assertEquals(Optional.empty(), parse(PUBLIC_HOSTS, text), text);
      return;
    }
    BaseUrl url = accepted.get();
    assertEquals(UnseenCharacters.strip(text).replaceFirst("/$", ""), url.text());
    assertEquals(url, ALL_HOSTS.parse(url.text()));
    assertEquals(url.origin(), ALL_HOSTS.parse(url.origin()).origin(), text);
    assertReadByTheJdk(url);
    String host = host(url);
    boolean isPrivate =
        isLiteral(host) ? isPrivate(address(host)) : PRIVATE_NAME.matcher(host).matches();
    assertFalse(METADATA_NAME.matcher(host).matches(), text);
    assertTrue(isPrivate || url.origin().startsWith("https://"), text);
    if (isPrivate) {
      assertThrows(InvalidValueException.class, () -> PUBLIC_HOSTS.parse(text), text);
    } else {
      assertEquals(url, PUBLIC_HOSTS.parse(text));
    }
  }

  private static Optional<BaseUrl> parse(BaseUrlPolicy policy, String text) {
    try {
      return Optional.of(policy.parse(text));
    } catch (InvalidValueException e) {
      assertTrue(Outcome.BASE_URL_CODES.contains(e.code()), e.code());
      return Optional.empty();
    }
  }

  private static String host(BaseUrl url) {
    return url.origin().replaceFirst("https?://", "").replaceFirst(":[0-9]+$", "");
  }

  private static boolean isLiteral(String host) {
    return host.startsWith("[") || host.matches("[0-9.]+");
  }

  /** Fails for an address that is never allowed. */
  private static InetAddress address(String host) {
    InetAddress address = InetAddress.ofLiteral(host);
    assertEquals(host.startsWith("["), address instanceof Inet6Address, host);
    assertFalse(
        address.isAnyLocalAddress() || address.isLinkLocalAddress() || address.isMulticastAddress(),
        host);
    byte[] octets = address.getAddress();
    boolean isBroadcast = octets.length == 4 && Byte.toUnsignedInt(octets[0]) >= 240;
    boolean is6to4 = octets.length == 16 && octets[0] == 0x20 && octets[1] == 0x02;
    boolean isNat64 = octets.length == 16 && host.startsWith("[64:ff9b:");
    assertFalse(isBroadcast || is6to4 || isNat64, host);
    assertFalse(Set.of("100.100.100.200", "168.63.129.16").contains(host));
    return address;
  }

  private static boolean isPrivate(InetAddress address) {
    byte[] octets = address.getAddress();
    boolean isUniqueLocal = octets.length == 16 && (octets[0] & 0xfe) == 0xfc;
    boolean isCarrierGrade = octets.length == 4 && octets[0] == 100 && (octets[1] & 0xc0) == 64;
    return address.isLoopbackAddress()
        || address.isSiteLocalAddress()
        || isUniqueLocal
        || isCarrierGrade;
  }
}
