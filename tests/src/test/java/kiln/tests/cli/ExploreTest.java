package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code kiln explore}: its data, and what a browser makes of it. */
class ExploreTest {
    private static final Path BROWSER = Path.of("/usr/bin/chromium");
    private static final String HOSTILE = "</script><script>document.title='broken'</script>";

    @TempDir
    Path dir;

    @BeforeEach
    void module() throws IOException {
        Files.writeString(
                dir.resolve("pair.wat"),
                "(module (memory 1)\n"
                        + "(func $load (param i32) (result i32) (i32.load offset=4 (local.get 0)))\n"
                        + "(func (export \"first\") (param i32) (result i32)\n"
                        + "  (if (result i32) (local.get 0) (then (call $load (local.get 0))) (else (i32.const 7))))\n"
                        + "(func (export \"second\") (param i32 i32) (result i32)"
                        + " (i32.div_u (local.get 0) (local.get 1))))");
    }

    private JsonNode explore(String options) throws IOException {
        Outcome o = Cli.kiln(dir, "explore" + (options.isEmpty() ? "" : " " + options) + " @pair.wat -o @page.html");
        assertEquals(0, o.status(), o.err());
        String page = Files.readString(dir.resolve("page.html"));
        Matcher m = Pattern.compile("const data = (\\{.*\\});\\n").matcher(page);
        assertTrue(m.find(), page);
        return new ObjectMapper().readTree(m.group(1));
    }

    private static String text(JsonNode lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(l -> text.append(l.get(1).asText()).append('\n'));
        return text.toString();
    }

    @Test
    void allColumnsAreOfOneFunction() throws IOException {
        for (String target : List.of("x86_64-linux", "aarch64-linux")) {
            JsonNode data = explore("--cpu baseline --target " + target);
            assertEquals(2, data.get("functions").size());
            JsonNode first = data.get("functions").get(0);
            assertEquals("first", first.get("name").asText());
            assertEquals("""
                      local.get 0
                      if (result i32)
                        local.get 0
                        call $load
                      else
                        i32.const 7
                      end
                    end

                    inlined load:
                      local.get 0
                      i32.load offset=4
                    end
                    """, text(first.get("wasm")));
            assertTrue(text(first.get("ir")).contains(" = load.i32 small memory0 "), text(first.get("ir")));
            // The access has one place in all columns.
            JsonNode access = first.get("wasm").get(11);
            int offset = access.get(0).asInt();
            assertEquals("  i32.load offset=4", access.get(1).asText());
            for (String column : List.of("ir", "code")) {
                List<String> same = new ArrayList<>();
                first.get(column).forEach(l -> {
                    if (l.get(0).asInt() == offset) {
                        same.add(l.get(1).asText());
                    }
                });
                assertFalse(same.isEmpty(), column + ": " + first.get(column));
            }
        }
    }

    @Test
    void functionsAreSelected() throws IOException {
        assertEquals(
                "second",
                explore("--function second").get("functions").get(0).get("name").asText());
        assertEquals(1, explore("--function 2").get("functions").size());
        assertEquals(3, explore("--no-inlining").get("functions").size());
    }

    @Test
    void thePageLoadsNothing() throws IOException {
        explore("");
        String page = Files.readString(dir.resolve("page.html"));
        assertFalse(
                Pattern.compile("https?:|src=|<link|@import|url\\(")
                        .matcher(page)
                        .find(),
                page);
        assertTrue(page.contains("default-src 'none'"));
    }

    /** What the page has become when its script has run. */
    private String browse(String place) throws Exception {
        assumeTrue(Files.isExecutable(BROWSER), "there is no " + BROWSER + " (Debian: apt-get install chromium)");
        assumeTrue(!Corpus.EMULATED, "the page is the same there");
        Path out = dir.resolve("dom");
        Process p = new ProcessBuilder(
                        BROWSER.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--user-data-dir=" + dir.resolve("profile"),
                        "--dump-dom",
                        dir.resolve("page.html").toUri() + place)
                .redirectOutput(out.toFile())
                .redirectError(dir.resolve("browser.log").toFile())
                .start();
        try {
            assertTrue(p.waitFor(2, TimeUnit.MINUTES), "the browser does not end");
        } finally {
            p.destroyForcibly().waitFor();
        }
        return Files.readString(out);
    }

    @Test
    void aBrowserShowsIt() throws Exception {
        JsonNode data = explore("");
        String dom = browse("");
        assertTrue(dom.contains("<title>pair.wat - kiln explore</title>"), dom);
        assertTrue(dom.matches("(?s).*<li data-index=\"1\"[^>]* class=\"chosen\">first</li>.*"), dom);
        assertTrue(dom.contains("i32.load offset=4") && dom.contains("load.i32 memory0"), dom);
        // An address that names a function and an instruction marks it in all columns.
        JsonNode second = data.get("functions").get(1);
        int offset = -1;
        for (JsonNode l : second.get("wasm")) {
            offset = l.get(1).asText().strip().equals("i32.div_u") ? l.get(0).asInt() : offset;
        }
        String marked = browse("#2@" + Integer.toHexString(offset));
        for (String column : List.of("wasm", "ir", "code")) {
            String list = marked.substring(marked.indexOf("<ol id=\"" + column));
            list = list.substring(0, list.indexOf("</ol>"));
            assertTrue(list.contains("class=\"locked\""), column + ": " + list);
        }
    }

    @Test
    void namesCannotBreakOut() throws Exception {
        String name = HOSTILE.replace("'", "\\27");
        Files.writeString(dir.resolve("pair.wat"), "(func (export \"" + name + "\") (result i32) (i32.const 1))");
        explore("");
        String page = Files.readString(dir.resolve("page.html"));
        assertEquals(page.indexOf("</script>"), page.lastIndexOf("</script>"), "an element ends early");
        String dom = browse("");
        assertTrue(dom.contains("<title>pair.wat - kiln explore</title>"), dom);
        assertTrue(dom.contains("&lt;/script&gt;&lt;script&gt;document.title"), dom);
    }
}
