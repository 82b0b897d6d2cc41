package kiln.wasi.p2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which functions there are. */
class InterfacesTest {
    /** {@code stable-0.2.12.txt} has the names out of WASI's WIT packages, but for what guests export. */
    @Test
    void allStableFunctionsAreThere() throws IOException {
        Set<String> stable;
        try (InputStream in = InterfacesTest.class.getResourceAsStream("stable-0.2.12.txt")) {
            stable = new TreeSet<>(new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList());
        }
        Set<String> found = new TreeSet<>();
        try (Wasi2 wasi = Wasi2.builder().build()) {
            for (HostInterface i : wasi.interfaces()) {
                for (String f : i.functions()) {
                    found.add(i.name().replace(HostInterface.VERSION, "") + "#" + f);
                }
            }
        }
        Set<String> missing = new TreeSet<>(stable);
        missing.removeAll(found);
        assertEquals(Set.of(), missing);
        found.removeAll(stable);
        assertEquals(
                Set.of("wasi:cli/exit#exit-with-code", "wasi:sockets/network#network-error-code"),
                found,
                "unstable ones");
    }
}
