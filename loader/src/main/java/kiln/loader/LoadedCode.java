package kiln.loader;

import java.util.Arrays;
import java.util.Comparator;

/** The files whose code is mapped in this process, by address. Read without a lock, replaced as a whole. */
final class LoadedCode {
    private static volatile LoadedArtifact[] loaded = new LoadedArtifact[0];

    private LoadedCode() {}

    static synchronized void add(LoadedArtifact a) {
        if (a.textBase() == 0) {
            return;
        }
        LoadedArtifact[] next = Arrays.copyOf(loaded, loaded.length + 1);
        next[loaded.length] = a;
        Arrays.sort(next, Comparator.comparingLong(LoadedArtifact::textBase));
        loaded = next;
    }

    static synchronized void remove(LoadedArtifact a) {
        loaded = Arrays.stream(loaded).filter(b -> b != a).toArray(LoadedArtifact[]::new);
    }

    static LoadedArtifact find(long pc) {
        LoadedArtifact[] all = loaded;
        int lo = 0;
        int hi = all.length - 1;
        while (lo <= hi) {
            int mid = lo + hi >>> 1;
            LoadedArtifact a = all[mid];
            if (pc < a.textBase()) {
                hi = mid - 1;
            } else if (pc >= a.textEnd()) {
                lo = mid + 1;
            } else {
                return a;
            }
        }
        return null;
    }
}
