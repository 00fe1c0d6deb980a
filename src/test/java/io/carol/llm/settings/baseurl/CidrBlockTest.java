package io.carol.llm.settings.baseurl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CidrBlockTest {
  private static boolean contains(String block, String address) {
    return CidrBlock.of(block).contains(IpAddress.of(InetAddress.ofLiteral(address)));
  }

  @Test
  void containsNothingOfTheOtherVersion() {
    assertFalse(contains("0.0.0.0/0", "::1"));
    assertFalse(contains("::/0", "10.0.0.1"));
    assertTrue(contains("0.0.0.0/0", "255.255.255.255"));
    assertTrue(contains("::/0", "ffff::"));
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
