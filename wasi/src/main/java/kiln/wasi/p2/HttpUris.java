package kiln.wasi.p2;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import kiln.runtime.component.Variant;
import kiln.wasi.p2.HttpMessages.OutgoingRequest;

/** The parts of the address of a request. */
final class HttpUris {
    private HttpUris() {}

    static boolean isMethod(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c >= 0x7f || "\"(),/:;<=>?@[\\]{}".indexOf(c) >= 0) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    static boolean isPath(String text) {
        try {
            return of("http", "host", text) != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    static boolean isAuthority(String text) {
        try {
            URI u = of("http", text, "/");
            return u.getHost() != null && u.getRawAuthority().equals(text);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** Guests may give a path without the slash it begins with. */
    private static URI of(String scheme, String authority, String path) throws URISyntaxException {
        return new URI(scheme + "://" + authority + (path.startsWith("/") ? path : "/" + path));
    }

    /** Where a request goes; https if nothing is said. */
    static URI of(OutgoingRequest request) throws URISyntaxException {
        String scheme = request.scheme().isEmpty()
                ? "https"
                : name((Variant) request.scheme().get());
        if (request.authority().isEmpty()) {
            throw new URISyntaxException("", "a request without authority");
        }
        return of(scheme, (String) request.authority().get(), text(request.path()));
    }

    /** As a request gives it: some give a whole address. */
    static String pathWithQuery(URI request) {
        if (request.getRawPath() == null) {
            return request.toString();
        }
        String path = request.getRawPath().isEmpty() ? "/" : request.getRawPath();
        return request.getRawQuery() == null ? path : path + "?" + request.getRawQuery();
    }

    private static String text(Optional<?> path) {
        return path.isEmpty() ? "/" : (String) path.get();
    }

    private static String name(Variant scheme) {
        return switch (scheme.label()) {
            case "HTTP" -> "http";
            case "HTTPS" -> "https";
            default -> (String) scheme.payload();
        };
    }
}
