package kiln.wasm;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Finds the test corpus that lies beside the checkout; tests that need it are skipped, saying so, without it. */
final class Corpus {
    private Corpus() {}

    /** A folder or file of the corpus. */
    static Path require(String relative) {
        Path found = find(relative);
        if (found == null) {
            String message = "no ../shared/corpus/" + relative + " beside the checkout: nothing was tested here";
            System.out.println(message);
            Assumptions.abort(message);
        }
        return found;
    }

    /** The same, or null where the corpus is missing. */
    static Path find(String relative) {
        for (Path dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
            Path candidate = dir.resolve("shared/corpus").resolve(relative);
            if (Files.exists(candidate)) {
                return candidate;
            }
        }
        return null;
    }
}
