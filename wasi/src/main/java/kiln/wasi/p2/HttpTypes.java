package kiln.wasi.p2;

import java.util.List;
import java.util.Optional;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import kiln.wasi.p2.HttpMessages.IncomingRequest;
import kiln.wasi.p2.HttpMessages.IncomingResponse;
import kiln.wasi.p2.HttpMessages.OutgoingRequest;
import kiln.wasi.p2.HttpMessages.OutgoingResponse;
import kiln.wasi.p2.HttpMessages.RequestOptions;

/** {@code wasi:http/types}. */
final class HttpTypes extends HostInterface {
    private final GuestContext context;

    HttpTypes(GuestContext context) {
        super(
                "wasi:http/types",
                List.of(
                        new ResourceType("fields", Fields.class),
                        new ResourceType("incoming-request", IncomingRequest.class),
                        new ResourceType("outgoing-request", OutgoingRequest.class),
                        new ResourceType("request-options", RequestOptions.class),
                        new ResourceType("response-outparam", HttpExchangeReply.class),
                        new ResourceType("incoming-response", IncomingResponse.class),
                        new ResourceType("incoming-body", HttpBodies.Incoming.class),
                        new ResourceType("future-trailers", HttpBodies.Trailers.class),
                        new ResourceType("outgoing-response", OutgoingResponse.class),
                        new ResourceType("outgoing-body", HttpBodies.Outgoing.class),
                        new ResourceType("future-incoming-response", HttpClientCall.class)),
                "http-error-code",
                "[constructor]fields",
                "[static]fields.from-list",
                "[method]fields.get",
                "[method]fields.has",
                "[method]fields.set",
                "[method]fields.delete",
                "[method]fields.append",
                "[method]fields.entries",
                "[method]fields.clone",
                "[method]incoming-request.method",
                "[method]incoming-request.path-with-query",
                "[method]incoming-request.scheme",
                "[method]incoming-request.authority",
                "[method]incoming-request.headers",
                "[method]incoming-request.consume",
                "[constructor]outgoing-request",
                "[method]outgoing-request.body",
                "[method]outgoing-request.method",
                "[method]outgoing-request.set-method",
                "[method]outgoing-request.path-with-query",
                "[method]outgoing-request.set-path-with-query",
                "[method]outgoing-request.scheme",
                "[method]outgoing-request.set-scheme",
                "[method]outgoing-request.authority",
                "[method]outgoing-request.set-authority",
                "[method]outgoing-request.headers",
                "[constructor]request-options",
                "[method]request-options.connect-timeout",
                "[method]request-options.set-connect-timeout",
                "[method]request-options.first-byte-timeout",
                "[method]request-options.set-first-byte-timeout",
                "[method]request-options.between-bytes-timeout",
                "[method]request-options.set-between-bytes-timeout",
                "[static]response-outparam.set",
                "[method]incoming-response.status",
                "[method]incoming-response.headers",
                "[method]incoming-response.consume",
                "[method]incoming-body.stream",
                "[static]incoming-body.finish",
                "[method]future-trailers.subscribe",
                "[method]future-trailers.get",
                "[constructor]outgoing-response",
                "[method]outgoing-response.status-code",
                "[method]outgoing-response.set-status-code",
                "[method]outgoing-response.headers",
                "[method]outgoing-response.body",
                "[static]outgoing-body.finish",
                "[method]outgoing-body.write",
                "[method]future-incoming-response.subscribe",
                "[method]future-incoming-response.get");
        this.context = context;
    }

    @Override
    Object call(String function, Object[] a) {
        if (a.length > 0 && function.startsWith("[method]")) {
            switch (a[0]) {
                case Fields f -> {
                    return onFields(function, f, a);
                }
                case IncomingRequest r -> {
                    return onIncomingRequest(function, r);
                }
                case OutgoingRequest r -> {
                    return onOutgoingRequest(function, r, a);
                }
                case RequestOptions o -> {
                    return onOptions(function, o, a);
                }
                default -> {
                    return onOthers(function, a);
                }
            }
        }
        return switch (function) {
            case "http-error-code" ->
                ((IoError) a[0]).cause() instanceof HttpError e ? Optional.of(e.code()) : Optional.empty();
            case "[constructor]fields" -> new Fields(context.held());
            case "[static]fields.from-list" -> fromList((List<?>) a[0]);
            case "[constructor]outgoing-request" -> new OutgoingRequest(context, taken(a[0]));
            case "[constructor]request-options" -> new RequestOptions();
            case "[static]response-outparam.set" -> {
                ((HttpExchangeReply) a[0]).set((Result<?, ?>) a[1]);
                yield null;
            }
            case "[static]incoming-body.finish" -> ((HttpBodies.Incoming) a[0]).finish();
            case "[constructor]outgoing-response" -> new OutgoingResponse(context, taken(a[0]));
            case "[static]outgoing-body.finish" -> ((HttpBodies.Outgoing) a[0]).finish((Optional<?>) a[1]);
            default -> throw unknown(function);
        };
    }

    /** Fields that now belong to a message. */
    private static Fields taken(Object fields) {
        Fields f = (Fields) fields;
        f.gone();
        return f;
    }

    private Result<?, ?> fromList(List<?> entries) {
        Fields f = new Fields(context.held());
        try {
            for (Object e : entries) {
                f.append((String) ((List<?>) e).get(0), (byte[]) ((List<?>) e).get(1));
            }
            return Result.ok(f);
        } catch (Fields.Refused e) {
            f.close();
            return Result.err(e.value());
        }
    }

    private Object onFields(String function, Fields f, Object[] a) {
        try {
            switch (function) {
                case "[method]fields.get" -> {
                    return f.values((String) a[1]);
                }
                case "[method]fields.has" -> {
                    return f.first((String) a[1]) != null;
                }
                case "[method]fields.set" -> f.set((String) a[1], (List<?>) a[2]);
                case "[method]fields.delete" -> f.delete((String) a[1]);
                case "[method]fields.append" -> f.append((String) a[1], (byte[]) a[2]);
                case "[method]fields.entries" -> {
                    return f.list();
                }
                case "[method]fields.clone" -> {
                    return f.copy();
                }
                default -> throw unknown(function);
            }
            return Result.ok(null);
        } catch (Fields.Refused e) {
            return Result.err(e.value());
        }
    }

    private Object onIncomingRequest(String function, IncomingRequest r) {
        return switch (function) {
            case "[method]incoming-request.method" -> HttpMessages.method(r.method);
            case "[method]incoming-request.path-with-query" -> Optional.of(r.path);
            case "[method]incoming-request.scheme" -> Optional.of(new Variant(r.scheme, null));
            case "[method]incoming-request.authority" -> Optional.ofNullable(r.authority);
            case "[method]incoming-request.headers" -> r.headers();
            case "[method]incoming-request.consume" -> r.consume();
            default -> throw unknown(function);
        };
    }

    private Object onOutgoingRequest(String function, OutgoingRequest r, Object[] a) {
        return switch (function) {
            case "[method]outgoing-request.body" -> r.body();
            case "[method]outgoing-request.method" -> r.method();
            case "[method]outgoing-request.path-with-query" -> r.path();
            case "[method]outgoing-request.scheme" -> r.scheme();
            case "[method]outgoing-request.authority" -> r.authority();
            case "[method]outgoing-request.headers" -> r.headers();
            case "[method]outgoing-request.set-method" -> accepted(r.method((Variant) a[1]));
            case "[method]outgoing-request.set-path-with-query" -> accepted(r.path((Optional<?>) a[1]));
            case "[method]outgoing-request.set-scheme" -> accepted(r.scheme((Optional<?>) a[1]));
            case "[method]outgoing-request.set-authority" -> accepted(r.authority((Optional<?>) a[1]));
            default -> throw unknown(function);
        };
    }

    private static Result<?, ?> accepted(boolean value) {
        return value ? Result.ok(null) : Result.err(null);
    }

    private Object onOptions(String function, RequestOptions o, Object[] a) {
        switch (function) {
            case "[method]request-options.connect-timeout" -> {
                return o.connect;
            }
            case "[method]request-options.first-byte-timeout" -> {
                return o.firstByte;
            }
            case "[method]request-options.between-bytes-timeout" -> {
                return Optional.empty();
            }
            case "[method]request-options.set-connect-timeout" -> o.connect = (Optional<?>) a[1];
            case "[method]request-options.set-first-byte-timeout" -> o.firstByte = (Optional<?>) a[1];
            case "[method]request-options.set-between-bytes-timeout" -> {
                // An error says that the host has no such limit, as the interface allows.
                return ((Optional<?>) a[1]).isPresent() ? Result.err(null) : Result.ok(null);
            }
            default -> throw unknown(function);
        }
        return Result.ok(null);
    }

    private Object onOthers(String function, Object[] a) {
        return switch (function) {
            case "[method]incoming-response.status" -> (short) ((IncomingResponse) a[0]).status;
            case "[method]incoming-response.headers" -> ((IncomingResponse) a[0]).headers();
            case "[method]incoming-response.consume" -> ((IncomingResponse) a[0]).consume();
            case "[method]incoming-body.stream" -> ((HttpBodies.Incoming) a[0]).stream();
            case "[method]future-trailers.subscribe" -> new Pollable((Resource) a[0], Waitable.ALWAYS);
            case "[method]future-trailers.get" -> ((HttpBodies.Trailers) a[0]).get();
            case "[method]outgoing-response.status-code" -> (short) ((OutgoingResponse) a[0]).status;
            case "[method]outgoing-response.set-status-code" -> setStatus((OutgoingResponse) a[0], (Short) a[1]);
            case "[method]outgoing-response.headers" -> ((OutgoingResponse) a[0]).headers();
            case "[method]outgoing-response.body" -> ((OutgoingResponse) a[0]).body();
            case "[method]outgoing-body.write" -> ((HttpBodies.Outgoing) a[0]).write();
            case "[method]future-incoming-response.subscribe" -> new Pollable((Resource) a[0], (HttpClientCall) a[0]);
            case "[method]future-incoming-response.get" -> ((HttpClientCall) a[0]).get();
            default -> throw unknown(function);
        };
    }

    private static Result<?, ?> setStatus(OutgoingResponse r, short status) {
        // Those below 200 come before the response.
        boolean valid = status >= 200 && status <= 999;
        if (valid) {
            r.status = status;
        }
        return accepted(valid);
    }
}
