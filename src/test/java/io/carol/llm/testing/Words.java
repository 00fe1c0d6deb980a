package io.carol.llm.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Arguments for a test with one parameter: the words of a text, which spaces and lines separate.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(Words.Provider.class)
public @interface Words {
  String value();

  /** Splits at spaces and line ends only: other blank characters belong to the words. */
  final class Provider implements ArgumentsProvider, AnnotationConsumer<Words> {
    private String text = "";

    @Override
    public void accept(Words words) {
      text = words.value();
    }

    @Override
    public Stream<Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context) {
      return Stream.of(text.strip().split("[ \n]+")).map(Arguments::of);
    }
  }
}
