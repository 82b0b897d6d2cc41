package kiln.wasi.p2;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;

/** Requests and responses of HTTP. */
final class HttpMessages {
    private static final List<String> METHODS =
            List.of("get", "head", "post", "put", "delete", "connect", "options", "trace", "patch");

    private HttpMessages() {}

    /** A variant method. */
    static Variant method(String name) {
        String label = name.toLowerCase(Locale.ROOT);
        return METHODS.contains(label) && name.equals(label.toUpperCase(Locale.ROOT))
                ? new Variant(label, null)
                : new Variant("other", name);
    }

    static String methodName(Variant method) {
        return method.label().equals("other")
                ? (String) method.payload()
                : method.label().toUpperCase(Locale.ROOT);
    }

    /** One that came in, a request or a response: what both have. */
    abstract static class Incoming extends Resource {
        private final GuestContext context;
        private final Fields headers;
        private final InputStream body;
        private boolean isConsumed;

        Incoming(GuestContext context, Fields headers, InputStream body) {
            super(null);
            this.context = context;
            this.headers = headers;
            this.body = body;
        }

        final Fields headers() {
            return headers.view(this);
        }

        final Result<?, ?> consume() {
            if (isConsumed) {
                return Result.err(null);
            }
            isConsumed = true;
            return Result.ok(new HttpBodies.Incoming(context, body));
        }

        @Override
        void close() {
            headers.close();
            if (!isConsumed) {
                giveUp(body);
            }
        }

        /** The guest reads no more of a body. */
        static void giveUp(InputStream body) {
            try {
                body.close();
            } catch (IOException e) {
                // As with close in C, nobody can be told.
            }
        }
    }

    static final class IncomingRequest extends Incoming {
        final String method;
        final String path;
        final String scheme;
        final String authority;

        /** @param authority or null */
        IncomingRequest(
                GuestContext context,
                String method,
                String scheme,
                String authority,
                String path,
                Fields headers,
                InputStream body) {
            super(context, headers, body);
            this.method = method;
            this.scheme = scheme;
            this.authority = authority;
            this.path = path;
        }
    }

    static final class IncomingResponse extends Incoming {
        final int status;

        IncomingResponse(GuestContext context, int status, Fields headers, InputStream body) {
            super(context, headers, body);
            this.status = status;
        }
    }

    /** One that goes out, a request or a response: what both have. */
    abstract static class Outgoing extends Resource {
        final GuestContext context;
        private final Fields headers;
        private final String sizeError;
        private HttpBodies.Outgoing body;

        Outgoing(GuestContext context, Fields headers, String sizeError) {
            super(null);
            this.context = context;
            this.headers = headers;
            this.sizeError = sizeError;
            headers.freeze();
        }

        final Fields fields() {
            return headers;
        }

        final Fields headers() {
            return headers.view(this);
        }

        final Result<?, ?> body() {
            if (body != null) {
                return Result.err(null);
            }
            body = new HttpBodies.Outgoing(context, contentLength(), sizeError);
            return Result.ok(body);
        }

        /** Null if the guest never asked for it: then there is none. */
        final HttpBodies.Outgoing written() {
            return body;
        }

        /** The message is sent, or never will be. */
        void release() {
            headers.close();
        }

        @Override
        final void close() {
            release();
            breakOff("the message was not sent");
        }

        /** Nobody will read the body. */
        final void breakOff(String why) {
            if (body != null) {
                body.pipe().breakOff(why);
            }
        }

        /** -1 if none is said, or it is no number. */
        private long contentLength() {
            String length = headers.first("content-length");
            try {
                return length == null ? -1 : Math.max(-1, Long.parseLong(length.strip()));
            } catch (NumberFormatException e) {
                return -1;
            }
        }
    }

    static final class OutgoingRequest extends Outgoing {
        /** Of a method, a scheme, an authority, and a path. */
        private static final int LONGEST = 1 << 16;

        private Variant method = new Variant("get", null);
        private Optional<?> path = Optional.empty();
        private Optional<?> scheme = Optional.empty();
        private Optional<?> authority = Optional.empty();

        OutgoingRequest(GuestContext context, Fields headers) {
            super(context, headers, "HTTP-request-body-size");
        }

        Variant method() {
            return method;
        }

        Optional<?> path() {
            return path;
        }

        Optional<?> scheme() {
            return scheme;
        }

        Optional<?> authority() {
            return authority;
        }

        /** Returns whether it is a method. */
        boolean method(Variant to) {
            if (!fits(to) || !HttpUris.isMethod(methodName(to))) {
                return false;
            }
            exchange(method, to);
            method = to;
            return true;
        }

        /** Returns whether it is a path. */
        boolean path(Optional<?> to) {
            if (!fits(to) || to.isPresent() && !HttpUris.isPath((String) to.get())) {
                return false;
            }
            exchange(path, to);
            path = to;
            return true;
        }

        /** Returns whether it may be a scheme; which ones there are shows when it is sent. */
        boolean scheme(Optional<?> to) {
            if (!fits(to)) {
                return false;
            }
            exchange(scheme, to);
            scheme = to;
            return true;
        }

        /** Returns whether it is an authority. */
        boolean authority(Optional<?> to) {
            if (!fits(to) || to.isPresent() && !HttpUris.isAuthority((String) to.get())) {
                return false;
            }
            exchange(authority, to);
            authority = to;
            return true;
        }

        private static boolean fits(Object part) {
            return length(part) <= LONGEST;
        }

        private void exchange(Object before, Object now) {
            context.held().take(length(now) - length(before));
        }

        /** Of the text that the guest gave, if any. */
        private static int length(Object part) {
            return switch (part) {
                case Optional<?> o -> o.isEmpty() ? 0 : length(o.get());
                case Variant v -> v.payload() instanceof String s ? s.length() : 0;
                default -> ((String) part).length();
            };
        }

        @Override
        void release() {
            super.release();
            for (Object part : List.of(method, path, scheme, authority)) {
                context.held().take(-length(part));
            }
        }
    }

    static final class OutgoingResponse extends Outgoing {
        int status = 200;

        OutgoingResponse(GuestContext context, Fields headers) {
            super(context, headers, "HTTP-response-body-size");
        }
    }

    /** How long a request may take; nanoseconds. */
    static final class RequestOptions extends Resource {
        Optional<?> connect = Optional.empty();
        Optional<?> firstByte = Optional.empty();

        RequestOptions() {
            super(null);
        }
    }
}
