package kiln.wasi.host;

import java.io.Closeable;
import java.io.IOException;

/** Closes several things, each of them even if another one cannot be closed properly. */
public final class Closing {
    private Closing() {}

    /** @throws IOException the first one, when all have been closed */
    public static void all(Iterable<? extends Closeable> closeables) throws IOException {
        IOException first = null;
        for (Closeable c : closeables) {
            try {
                c.close();
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
