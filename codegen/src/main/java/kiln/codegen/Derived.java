package kiln.codegen;

import kiln.ir.Value;

/**
 * Something that a rule needs an operand in the form of: {@code maker} emits the instructions. Makers that are equal
 * make the same.
 */
record Derived(Value of, LoweringContext.Maker maker) {
    @Override
    public boolean equals(Object o) {
        return o instanceof Derived d && of == d.of && maker.equals(d.maker);
    }

    @Override
    public int hashCode() {
        return 31 * of.id() + maker.hashCode();
    }
}
