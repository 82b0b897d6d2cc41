package kiln.loader;

/** The files whose code is mapped in this process, by address. Read without a lock, replaced as a whole. */
final class LoadedCode {
    private static volatile LoadedArtifact[] loaded = new LoadedArtifact[0];

    private LoadedCode() {}

    static synchronized void add(LoadedArtifact a) {
        if (a.textBase() == 0) {
            return;
        }
        LoadedArtifact[] next = new LoadedArtifact[loaded.length + 1];
        int at = 0;
        while (at < loaded.length && loaded[at].textBase() < a.textBase()) {
            at++;
        }
        System.arraycopy(loaded, 0, next, 0, at);
        next[at] = a;
        System.arraycopy(loaded, at, next, at + 1, loaded.length - at);
        loaded = next;
    }

    static synchronized void remove(LoadedArtifact a) {
        for (int i = 0; i < loaded.length; i++) {
            if (loaded[i] == a) {
                LoadedArtifact[] next = new LoadedArtifact[loaded.length - 1];
                System.arraycopy(loaded, 0, next, 0, i);
                System.arraycopy(loaded, i + 1, next, i, next.length - i);
                loaded = next;
                return;
            }
        }
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
