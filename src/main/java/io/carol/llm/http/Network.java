package io.carol.llm.http;

import java.net.InetAddress;

/**
 * Addresses that start alike (CIDR, RFC 4632).
 *
 * @param prefix an address of the network, in network byte order
 * @param length how many leading bits of it count
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Network(byte[] prefix, int length) {
  /**
   * Reads {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a single address.
   *
   * @throws IllegalArgumentException when it is neither
   */
  static Network parse(String text) {
    int slash = text.indexOf('/');
    byte[] prefix = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash)).getAddress();
    int bits = prefix.length * Byte.SIZE;
    int length = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
    if (length < 0 || length > bits) {
      throw new IllegalArgumentException("A prefix is from 0 to " + bits + " bits long");
    }
    return new Network(prefix, length);
  }

  /** Whether the address belongs to it; never one of the other version of IP. */
  boolean contains(byte[] address) {
    if (address.length != prefix.length) {
      return false;
    }
    for (int bit = 0; bit < length; bit += Byte.SIZE) {
      int unused = Math.max(0, bit + Byte.SIZE - length);
      if ((address[bit / Byte.SIZE] ^ prefix[bit / Byte.SIZE]) >> unused != 0) {
        return false;
      }
    }
    return true;
  }
}
