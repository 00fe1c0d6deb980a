package io.carol.llm.settings.baseurl;

import io.carol.llm.settings.InvalidValueException;

/**
 * The address of an LLM service, allowed by the {@link BaseUrlPolicy} that made it.
 *
 * @param text the URL as it was given, without unseen characters at its ends and without a slash at
 *     its end; this is what is stored and returned
 * @param origin where a request to it goes, in the one canonical spelling: {@code
 *     scheme://host[:port]} in lower case, without the scheme's default port, an IPv6 address in
 *     brackets and in the form of RFC 5952. Two URLs lead to the same server and port when their
 *     origins are equal
 */
public record BaseUrl(String text, String origin) {

  String scheme() {
    return origin.substring(0, origin.indexOf("://"));
  }

  Host host() {
    return Host.parse(origin.substring(origin.indexOf("://") + 3).replaceFirst(":[0-9]+$", ""));
  }

  static InvalidValueException malformed(String message) {
    return new InvalidValueException("base_url_malformed", message);
  }
}
