package io.carol.llm.settings.baseurl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CidrBlockTest {
  private static boolean contains(String block, String address) {
    return CidrBlock.of(block).contains(IpAddress.of(InetAddress.ofLiteral(address)));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 9.255.255.255, 10.0.0.0, 10.255.255.255, 11.0.0.0",
    "172.16.0.0/12, 172.15.255.255, 172.16.0.0, 172.31.255.255, 172.32.0.0",
    "128.0.0.0/1, 127.255.255.255, 128.0.0.0, 255.255.255.255, 0.0.0.0",
    "192.0.2.6/31, 192.0.2.5, 192.0.2.6, 192.0.2.7, 192.0.2.8",
    "192.0.2.7, 192.0.2.6, 192.0.2.7, 192.0.2.7, 192.0.2.8",
    "fc00::/7, fbff::, fc00::, fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, fe00::",
    "2001:db8::/33, 2001:db7::, 2001:db8::, 2001:db8:7fff::ffff, 2001:db8:8000::",
    "2001:db8::7, 2001:db8::6, 2001:db8::7, 2001:db8::7, 2001:db8::8",
  })
  void containsWhatStartsWithItsPrefix(
      String block, String below, String first, String last, String above) {
    assertFalse(contains(block, below));
    assertTrue(contains(block, first));
    assertTrue(contains(block, last));
    assertFalse(contains(block, above));
  }

  @Test
  void containsNothingOfTheOtherVersion() {
    assertFalse(contains("0.0.0.0/0", "::1"));
    assertFalse(contains("::/0", "10.0.0.1"));
    assertTrue(contains("0.0.0.0/0", "255.255.255.255"));
    assertTrue(contains("::/0", "ffff::"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/ 8",
        "10.0.0.0/\u0668",
        "10.0.0.0/33",
        "::/129",
        "10/8",
        "10.0.0.1/8",
        "10.0.0.0/8/8",
        "::1/127",
        "fd00::1/64",
        "1.2.3.4.5/8",
        "a/8",
        "[::]/8",
      })
  void anythingElseIsNoBlock(String text) {
    IllegalArgumentException mistake =
        assertThrows(IllegalArgumentException.class, () -> CidrBlock.of(text));
    assertFalse(text.length() > 2 && String.valueOf(mistake.getMessage()).contains(text));
  }

  /** Against a mask, which is the other way to define a network. */
  @Test
  void agreesWithTheMaskForRandomAddresses() throws Exception {
    Random random = new Random(4632);
    for (int i = 0; i < 50_000; i++) {
      int bits = random.nextBoolean() ? 32 : 128;
      int length = random.nextInt(bits + 1);
      BigInteger mask =
          BigInteger.ONE.shiftLeft(length).subtract(BigInteger.ONE).shiftLeft(bits - length);
      BigInteger one = new BigInteger(bits, random);
      BigInteger other = one.xor(BigInteger.ONE.shiftLeft(random.nextInt(bits)));
      CidrBlock block = new CidrBlock(new IpAddress(one.and(mask), bits), length);
      assertEquals(
          one.and(mask).equals(other.and(mask)), block.contains(new IpAddress(other, bits)));
      assertTrue(block.contains(new IpAddress(one, bits)));
    }
  }
}
