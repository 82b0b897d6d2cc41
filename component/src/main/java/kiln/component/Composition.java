package kiln.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Printable;

/**
 * Puts components together by the names of what they import and export, as if one around them had instantiated each of
 * them once: an import is bound to the export of that name of another component, or stays open.
 *
 * @param parts in an order in which each comes after those that it imports from
 * @param providers for each part, by the names of its imports: the number of the part that they are bound to
 * @param main number of the part whose exports are those of the whole
 */
record Composition(List<DecodedComponent> parts, List<Map<String, Bound>> providers, int main) {
    private static final String RUN = "wasi:cli/run@";

    /**
     * What an import is bound to.
     *
     * @param part the number of another part
     * @param export the name of its export, which may be of another version on the same track
     */
    record Bound(int part, String export) {}

    /**
     * @param given components that were decoded together
     * @throws CompositionException if what one component exports is not what another one imports under that name, or
     *     two export it, or components import from each other in a circle
     */
    static Composition of(List<DecodedComponent> given) {
        return new Builder(given).build();
    }

    /** What the whole imports and exports. */
    ComponentType type() {
        Map<String, Entity> imports = new LinkedHashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            for (Map.Entry<String, Entity> e : parts.get(i).type().imports().entrySet()) {
                if (!providers.get(i).containsKey(e.getKey())) {
                    imports.merge(e.getKey(), e.getValue(), Composition::merged);
                }
            }
        }
        return new ComponentType(imports, parts.get(main).type().exports(), Set.of(), Set.of());
    }

    private static Entity merged(Entity a, Entity b) {
        if (!(a instanceof Entity.Instance x) || !(b instanceof Entity.Instance y)) {
            return a;
        }
        Map<String, Entity> all = new LinkedHashMap<>(x.type().exports());
        y.type().exports().forEach(all::putIfAbsent);
        return new Entity.Instance(new InstanceType(all, x.type().resources()));
    }

    private static final class Builder {
        private final List<DecodedComponent> given;
        /** By given component: its place in the result, or -1. */
        private final int[] places;

        private final List<DecodedComponent> parts = new ArrayList<>();
        private final List<Map<String, Bound>> providers = new ArrayList<>();
        /** Resources of imports that stay open, by the names that lead to them, without what versions may differ in. */
        private final Map<List<String>, ResourceType> open = new HashMap<>();
        /** By {@link #track} of a name: what all export under such names, in their order. */
        private final Map<String, List<Bound>> exports = new HashMap<>();

        Builder(List<DecodedComponent> given) {
            this.given = given;
            for (int i = 0; i < given.size(); i++) {
                for (String name : given.get(i).type().exports().keySet()) {
                    exports.computeIfAbsent(track(name), _ -> new ArrayList<>()).add(new Bound(i, name));
                }
            }
            places = new int[given.size()];
            Arrays.fill(places, -1);
        }

        Composition build() {
            int main = given.size() - 1;
            for (int i = 0; i < given.size(); i++) {
                if (given.get(i).type().exports().keySet().stream().anyMatch(name -> name.startsWith(RUN))) {
                    main = i;
                }
            }
            for (int i = 0; i < given.size(); i++) {
                place(i, new ArrayList<>());
            }
            return new Composition(List.copyOf(parts), List.copyOf(providers), places[main]);
        }

        private static String label(DecodedComponent c) {
            return Printable.name(c.file());
        }

        /** @param importers the components that wait for this one */
        private void place(int number, List<Integer> importers) {
            if (places[number] >= 0) {
                return;
            }
            int at = importers.indexOf(number);
            importers.add(number);
            if (at >= 0) {
                throw new CompositionException("components that import from each other cannot be put together: "
                        + Printable.join(
                                " -> ",
                                importers.subList(at, importers.size()).stream()
                                        .map(i -> label(given.get(i)))
                                        .toList()));
            }
            Map<String, Bound> bound = new HashMap<>();
            for (String name : given.get(number).type().imports().keySet()) {
                Bound b = find(number, name);
                if (b != null) {
                    place(b.part, importers);
                    bound.put(name, new Bound(places[b.part], b.export));
                }
            }
            importers.removeLast();
            check(given.get(number), bound);
            places[number] = parts.size();
            parts.add(given.get(number));
            providers.add(bound);
        }

        /** The export of another component, whose number is that of what was given; null if there is none. */
        private Bound find(int importer, String name) {
            Bound found = null;
            for (Bound b : exports.getOrDefault(track(name), List.of())) {
                if (b.part == importer) {
                    continue;
                }
                if (found != null && found.part != b.part) {
                    throw new CompositionException(label(given.get(importer)) + " imports " + Printable.name(name)
                            + ", which both " + label(given.get(found.part)) + " and " + label(given.get(b.part))
                            + " export");
                }
                found = found == null || b.export.equals(name) ? b : found;
            }
            return found;
        }

        private void check(DecodedComponent c, Map<String, Bound> bound) {
            Substitution s = new Substitution(c.types());
            Subtyping subtyping = new Subtyping(c.types());
            for (Map.Entry<String, Entity> i : c.type().imports().entrySet()) {
                if (!bound.containsKey(i.getKey())) {
                    identify(List.of(track(i.getKey())), i.getValue(), s);
                    continue;
                }
                DecodedComponent from = parts.get(bound.get(i.getKey()).part);
                Entity offered = from.type().exports().get(bound.get(i.getKey()).export);
                String problem = subtyping.bind(offered, i.getValue(), c.type().imported(), s);
                if (problem == null) {
                    problem = subtyping.check(offered, s.apply(i.getValue()));
                }
                if (problem != null) {
                    throw new CompositionException(label(c) + " imports " + Printable.name(i.getKey())
                            + ", but what " + label(from) + " exports under that name is something else: "
                            + Printable.name(problem));
                }
            }
        }

        /** Resources that several components import under the same names are the same. */
        private void identify(List<String> path, Entity e, Substitution s) {
            if (e instanceof Entity.OfType t && t.type() instanceof ResourceType r) {
                ResourceType known = open.putIfAbsent(path, r);
                if (known != null && !s.has(r.id())) {
                    s.put(r.id(), known);
                }
            } else if (e instanceof Entity.Instance i && i.hasResources()) {
                i.type().exports().forEach((name, inner) -> {
                    if (!(inner instanceof Entity.Func)) {
                        List<String> longer = new ArrayList<>(path);
                        longer.add(name);
                        identify(longer, inner, s);
                    }
                });
            }
        }
    }

    /**
     * A name without what the versions of one interface may differ in and still be compatible: everything behind the
     * first number of the version that is not zero.
     */
    static String track(String name) {
        int at = name.indexOf('@');
        if (at < 0 || name.indexOf('-', at) >= 0) {
            return name;
        }
        String[] numbers = name.substring(at + 1).split("[.+]", 4);
        if (numbers.length < 3) {
            return name;
        }
        String base = name.substring(0, at + 1);
        if (!numbers[0].equals("0")) {
            return base + numbers[0];
        }
        return numbers[1].equals("0") ? name : base + "0." + numbers[1];
    }
}
