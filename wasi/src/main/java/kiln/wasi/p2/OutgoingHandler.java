package kiln.wasi.p2;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import kiln.wasi.p2.HttpMessages.OutgoingRequest;
import kiln.wasi.p2.HttpMessages.RequestOptions;

/** {@code wasi:http/outgoing-handler}. */
final class OutgoingHandler extends HostInterface {
    private final GuestContext context;
    private final Predicate<URI> policy;

    OutgoingHandler(GuestContext context, Predicate<URI> policy) {
        super("wasi:http/outgoing-handler", List.of(), "handle");
        this.context = context;
        this.policy = policy;
    }

    @Override
    Object call(String function, Object[] a) {
        OutgoingRequest request = (OutgoingRequest) a[0];
        if (request.hasChildren()) {
            throw Traps.trap("a request is sent while its header fields are in use");
        }
        request.gone();
        Result<?, ?> sent = send(request, (Optional<?>) a[1]);
        request.release();
        if (!(sent instanceof Result.Ok<?, ?>)) {
            request.breakOff("the request was not sent");
        }
        return sent;
    }

    private Result<?, ?> send(OutgoingRequest request, Optional<?> options) {
        URI uri;
        try {
            uri = HttpUris.of(request);
        } catch (URISyntaxException e) {
            return Result.err(new Variant("HTTP-request-URI-invalid", null));
        }
        if (!uri.getScheme().equals("http") && !uri.getScheme().equals("https")) {
            return Result.err(new Variant("HTTP-protocol-error", null));
        }
        if (!policy.test(uri)) {
            return Result.err(new Variant("HTTP-request-denied", null));
        }
        if (!context.connections().hasRoom()) {
            return Result.err(new Variant("connection-limit-reached", null));
        }
        try {
            return Result.ok(new HttpClientCall(context, uri, request, (RequestOptions) options.orElse(null)));
        } catch (IllegalArgumentException e) {
            return Result.err(new Variant("internal-error", Optional.of(String.valueOf(e.getMessage()))));
        }
    }
}
