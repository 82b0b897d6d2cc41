package kiln.runtime.component;

/** Between generic values and those of a Java type. */
interface Conversion {
    Object toJava(Object generic);

    Object toGeneric(Object java);

    /** Values that are the same. */
    Conversion SAME = new Conversion() {
        @Override
        public Object toJava(Object generic) {
            return generic;
        }

        @Override
        public Object toGeneric(Object java) {
            return java;
        }
    };
}
