package kiln.runtime.component;

/**
 * The name of a function in WIT, taken apart.
 *
 * @param kind what it is to a resource
 * @param resource the resource's name, or null for a function that belongs to none
 * @param name the function's own; of a constructor the resource's
 */
record FunctionName(Kind kind, String resource, String name) {
    enum Kind {
        FUNCTION,
        METHOD,
        STATIC,
        CONSTRUCTOR
    }

    static FunctionName of(String wit) {
        if (wit.startsWith("[constructor]")) {
            String r = wit.substring("[constructor]".length());
            return new FunctionName(Kind.CONSTRUCTOR, r, r);
        }
        boolean method = wit.startsWith("[method]");
        if (method || wit.startsWith("[static]")) {
            String rest = wit.substring(8);
            int dot = rest.indexOf('.');
            return new FunctionName(
                    method ? Kind.METHOD : Kind.STATIC, rest.substring(0, dot), rest.substring(dot + 1));
        }
        return new FunctionName(Kind.FUNCTION, null, wit);
    }

    /** The name of the method of Java's that stands for it. */
    String java() {
        return switch (kind) {
            case FUNCTION, METHOD -> JavaNames.camel(name);
            case STATIC -> JavaNames.camel(resource) + JavaNames.pascal(name);
            case CONSTRUCTOR -> "new" + JavaNames.pascal(name);
        };
    }
}
