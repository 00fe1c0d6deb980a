package io.carol.llm.keys;

import java.util.List;

/**
 * What is to be said of the encryption keys.
 *
 * @param remarks one sentence each: why the state is what it is, or what is wrong beside it
 */
public record KeyCheck(KeyState state, List<String> remarks) {}
