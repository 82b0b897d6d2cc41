package kiln.wasi.p2;

import java.util.concurrent.CompletableFuture;
import kiln.runtime.component.Result;
import kiln.wasi.p2.HttpMessages.OutgoingResponse;

/** Where a guest puts its response to a request, once. */
final class HttpExchangeReply extends Resource {
    /** The response, or what the guest says is wrong; null if the guest gives none. */
    private final CompletableFuture<Result<?, ?>> future = new CompletableFuture<>();

    HttpExchangeReply() {
        super(null);
    }

    CompletableFuture<Result<?, ?>> future() {
        return future;
    }

    /** Consumes this. */
    void set(Result<?, ?> result) {
        if (result instanceof Result.Ok<?, ?> ok && ((OutgoingResponse) ok.value()).hasChildren()) {
            throw Traps.trap("a response is sent while its header fields are in use");
        }
        gone();
        future.complete(result);
    }

    @Override
    void close() {
        future.complete(null);
    }
}
