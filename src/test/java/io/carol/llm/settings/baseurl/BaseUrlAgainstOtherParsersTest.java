package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.testing.CaseFile;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the policy accepts, other URL parsers must read in the same way. */
final class BaseUrlAgainstOtherParsersTest {
  private static final Path WHATWG = Path.of("../shared/testdata/url/urltestdata.json");

  /** Most of the inputs are http to public hosts. Over https they are read in the same way. */
  private static final Pattern HTTP = Pattern.compile("^http:", Pattern.CASE_INSENSITIVE);

  @Test
  void browsersAndTheJdkReachTheSameOrigin() throws IOException, URISyntaxException {
    assumeTrue(Files.isReadable(WHATWG), () -> WHATWG + " is not here: nothing to compare with");
    int compared = 0;
    try (InputStream in = Files.newInputStream(WHATWG)) {
      for (JsonValue entry : CaseFile.read(in)) {
        // The strings among the entries are comments. A base does not matter to what we accept:
        // it has a scheme and a host of its own.
        if (entry instanceof JsonObject example) {
          String input = example.getString("input");
          // Also what a browser makes of it, which is acceptable more often.
          List<String> texts =
              Stream.of(input, example.getString("href", input)).distinct().toList();
          for (String text : texts) {
            Optional<BaseUrl> ours =
                accepted(text).or(() -> accepted(HTTP.matcher(text).replaceFirst("https:")));
            if (ours.isPresent()) {
              assertSameOrigin(example, ours.get());
              assertReadByTheJdk(ours.get());
              compared++;
            }
          }
        }
      }
    }
    assertTrue(compared >= 150, "only " + compared + " accepted: the test data has changed");
  }

  private static void assertSameOrigin(JsonObject example, BaseUrl ours) {
    assertFalse(example.getBoolean("failure", false), ours.text());
    assertEquals(ours.scheme() + "://" + example.getString("host"), ours.origin(), ours.text());
    assertEquals("", example.getString("username") + example.getString("password"), ours.text());
    assertEquals("", example.getString("search") + example.getString("hash"), ours.text());
  }

  @Test
  void theJdkReadsMutationsOfAcceptedUrlsTheSame() throws Exception {
    List<String> seeds =
        List.of(
            "https://api.openai.com/v1/",
            "https://llm.example.com:8443/a/b;c=d/%7Ee",
            "https://xn--bcher-kva.example/v1",
            "https://10.0.0.1.example.com/v1",
            "http://localhost:1234/v1",
            "http://my_ollama:11434",
            "http://gpu-01.internal:8000/v1",
            "http://192.168.1.20:1234/v1",
            "http://127.0.0.1",
            "http://[::1]:11434/v1",
            "https://[2606:4700:0:0::1111]/v1",
            "http://[fd12:3456::10.0.0.1]:80/");
    String alphabet =
        "abfxzAZ0123456789....////::::@@%%[]-_?#\\;&=+~!$'()*,{}|^`\"<> \t\n"
            + "\0\u007f\u00e9\u212a\u0130\u017f\uff0e\u3002\u2024\uff0f\u0661\u200b";
    Random random = new Random(3986);
    int accepted = 0;
    for (int i = 0; i < 100_000; i++) {
      String text = seeds.get(random.nextInt(seeds.size()));
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        text = mutated(text, alphabet, seeds, random);
      }
      Optional<BaseUrl> ours = accepted(text);
      if (ours.isPresent()) {
        accepted++;
        assertReadByTheJdk(ours.get());
      }
    }
    assertTrue(accepted >= 20_000, "only " + accepted + " mutations were accepted");
  }

  private static String mutated(String text, String alphabet, List<String> seeds, Random random) {
    int from = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), from + random.nextInt(4));
    String c = String.valueOf(alphabet.charAt(random.nextInt(alphabet.length())));
    String other = seeds.get(random.nextInt(seeds.size()));
    return switch (random.nextInt(6)) {
      case 0 -> text.substring(0, from) + c + text.substring(from);
      case 1 -> text.substring(0, from) + c + text.substring(to);
      case 2 -> text.substring(0, from) + text.substring(to);
      case 3 -> text.substring(0, to) + text.substring(from);
      case 4 ->
          text.substring(0, from)
              + text.substring(from, to).toUpperCase(Locale.ROOT)
              + text.substring(to);
      default -> text.substring(0, from) + other.substring(random.nextInt(other.length()));
    };
  }

  /** Fails unless {@code java.net.URI}, and with it {@code java.net.http}, goes to that origin. */
  static void assertReadByTheJdk(BaseUrl ours) throws URISyntaxException {
    String text = ours.text();
    URI jdk = new URI(text);
    URI origin = new URI(ours.origin());
    assertEquals(jdk.getScheme().toLowerCase(Locale.ROOT), origin.getScheme(), text);
    assertNull(jdk.getRawUserInfo(), text);
    assertNull(jdk.getRawQuery(), text);
    assertNull(jdk.getRawFragment(), text);
    assertEquals(jdk.normalize().getRawPath(), jdk.getRawPath(), text);

    String host = jdk.getHost();
    int port = jdk.getPort();
    if (host == null) {
      // java.net.URI splits no authority that it takes for a registered name instead of a host:
      // one with an underscore, or with a last label that begins with a digit.
      String[] authority = jdk.getRawAuthority().split(":", 2);
      host = authority[0];
      port = authority.length == 1 ? -1 : Integer.parseInt(authority[1]);
      assertTrue(Pattern.matches(".*_.*|(.*\\.)?[0-9][^.]*", host), text);
    }
    int defaultPort = origin.getScheme().equals("https") ? 443 : 80;
    String expectedPort = port == -1 || port == defaultPort ? "" : ":" + port;
    String start = origin.getScheme() + "://";
    assertTrue(ours.origin().startsWith(start) && ours.origin().endsWith(expectedPort), text);
    String ourHost =
        ours.origin().substring(start.length(), ours.origin().length() - expectedPort.length());
    if (host.startsWith("[")) {
      assertEquals(InetAddress.ofLiteral(host), InetAddress.ofLiteral(ourHost), text);
    } else {
      assertEquals(host.toLowerCase(Locale.ROOT), ourHost, text);
      assertNoOtherSpellingOfAnIpv4Address(ourHost);
    }
  }

  /** The POSIX reading is the one of {@code inet_aton}, which C programs and curl use. */
  private static void assertNoOtherSpellingOfAnIpv4Address(String host) {
    InetAddress address;
    try {
      address = Inet4Address.ofPosixLiteral(host);
    } catch (IllegalArgumentException e) {
      return;
    }
    assertEquals(address.getHostAddress(), host);
  }

  private static Optional<BaseUrl> accepted(String text) {
    try {
      return Optional.of(ALL_HOSTS.parse(text));
    } catch (InvalidValueException refused) {
      return Optional.empty();
    }
  }
}
