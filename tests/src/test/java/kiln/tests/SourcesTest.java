package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** The form of the sources, as far as the formatter, which leaves comments and strings alone, does not see to it. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "source files are the same there")
class SourcesTest {
    private static final int MOST_COLUMNS = 120;
    private static final int MOST_LINES = 800;
    private static final Set<String> NOT_OURS = Set.of("target", ".git", ".gradle", "build", "node_modules");

    private static final List<Path> FILES = new ArrayList<>();

    @BeforeAll
    static void find() throws IOException {
        FILES.clear();
        Files.walkFileTree(Corpus.root(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a) {
                return NOT_OURS.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
                FILES.add(file);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static List<Path> files(String ending) {
        List<Path> files =
                FILES.stream().filter(f -> f.toString().endsWith(ending)).toList();
        assertTrue(files.size() > 10, "where are the files " + ending + "?");
        return files;
    }

    private static boolean isTooLong(String line) {
        return line.codePointCount(0, line.length()) > MOST_COLUMNS;
    }

    @Test
    void javaIsNeitherTooWideNorTooLong() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : files(".java")) {
            List<String> lines = Files.readAllLines(file);
            if (lines.size() > MOST_LINES) {
                found.add(file + ": " + lines.size() + " lines");
            }
            for (int i = 0; i < lines.size(); i++) {
                if (isTooLong(lines.get(i))) {
                    found.add(file + ":" + (i + 1) + ": " + lines.get(i));
                }
            }
        }
        assertEquals(List.of(), found);
    }

    /** Prose alone: tables cannot be broken, and programs are as they are. */
    @Test
    void documentsAreNotTooWide() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : files(".md")) {
            boolean program = false;
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                program ^= line.startsWith("```");
                if (!program && !line.startsWith("|") && isTooLong(lines.get(i))) {
                    found.add(file + ":" + (i + 1) + ": " + line);
                }
            }
        }
        assertEquals(List.of(), found);
    }

    /** Tests that do not run somewhere say why where they are, and whole classes in the tests' README as well. */
    @Test
    void whatIsSkippedHasAReason() throws IOException {
        String readme = Files.readString(Corpus.root().resolve("tests/README.md"));
        Pattern silent = Pattern.compile("^ *assume(True|False)\\([^\",;]*\\);|^ *@Disabled$", Pattern.MULTILINE);
        Pattern disabled = Pattern.compile("@Disabled[^;]*?\\)\\s*(?:public )?(?:final )?class (\\w+)");
        List<String> found = new ArrayList<>();
        for (Path file : files("Test.java")) {
            String text = Files.readString(file);
            Matcher without = silent.matcher(text);
            while (without.find()) {
                found.add(file + ": " + without.group() + " gives no reason");
            }
            Matcher whole = disabled.matcher(text);
            while (whole.find()) {
                if (!readme.contains("`" + whole.group(1) + "`")) {
                    found.add(whole.group(1) + " is not in tests/README.md");
                }
            }
        }
        assertEquals(List.of(), found);
    }
}
