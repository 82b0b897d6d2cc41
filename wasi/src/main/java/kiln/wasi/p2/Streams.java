package kiln.wasi.p2;

import java.util.List;

/** {@code wasi:io/streams}. */
final class Streams extends HostInterface {
    Streams() {
        super(
                "wasi:io/streams",
                List.of(
                        new ResourceType("input-stream", InputStreamResource.class),
                        new ResourceType("output-stream", OutputStreamResource.class)),
                "[method]input-stream.read",
                "[method]input-stream.blocking-read",
                "[method]input-stream.skip",
                "[method]input-stream.blocking-skip",
                "[method]input-stream.subscribe",
                "[method]output-stream.check-write",
                "[method]output-stream.write",
                "[method]output-stream.blocking-write-and-flush",
                "[method]output-stream.flush",
                "[method]output-stream.blocking-flush",
                "[method]output-stream.subscribe",
                "[method]output-stream.write-zeroes",
                "[method]output-stream.blocking-write-zeroes-and-flush",
                "[method]output-stream.splice",
                "[method]output-stream.blocking-splice");
    }

    @Override
    Object call(String function, Object[] a) {
        if (a[0] instanceof InputStreamResource in) {
            return switch (function) {
                case "[method]input-stream.read" -> in.read((Long) a[1], false);
                case "[method]input-stream.blocking-read" -> in.read((Long) a[1], true);
                case "[method]input-stream.skip" -> in.skip((Long) a[1], false);
                case "[method]input-stream.blocking-skip" -> in.skip((Long) a[1], true);
                case "[method]input-stream.subscribe" -> in.subscribe();
                default -> throw unknown(function);
            };
        }
        OutputStreamResource out = (OutputStreamResource) a[0];
        return switch (function) {
            case "[method]output-stream.check-write" -> out.checkWrite();
            case "[method]output-stream.write" -> out.write((byte[]) a[1]);
            case "[method]output-stream.blocking-write-and-flush" -> out.blockingWriteAndFlush((byte[]) a[1]);
            case "[method]output-stream.flush" -> out.flush(false);
            case "[method]output-stream.blocking-flush" -> out.flush(true);
            case "[method]output-stream.subscribe" -> out.subscribe();
            case "[method]output-stream.write-zeroes" -> out.writeZeroes((Long) a[1]);
            case "[method]output-stream.blocking-write-zeroes-and-flush" ->
                out.blockingWriteZeroesAndFlush((Long) a[1]);
            case "[method]output-stream.splice" -> out.splice((InputStreamResource) a[1], (Long) a[2], false);
            case "[method]output-stream.blocking-splice" -> out.splice((InputStreamResource) a[1], (Long) a[2], true);
            default -> throw unknown(function);
        };
    }
}
