package io.carol.llm.settings.baseurl;

/**
 * The address of an LLM service, allowed by the {@link BaseUrlPolicy} that made it.
 *
 * @param text the URL exactly as it was given; this is what is stored and returned
 * @param origin where a request to it goes, in the one canonical spelling: {@code
 *     scheme://host[:port]} in lower case, without the scheme's default port, an IPv6 address in
 *     brackets and in the form of RFC 5952. Two URLs lead to the same server and port when their
 *     origins are equal
 */
public record BaseUrl(String text, String origin) {}
