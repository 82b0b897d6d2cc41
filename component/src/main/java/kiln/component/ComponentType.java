package kiln.component;

import java.util.Map;
import java.util.Set;

/**
 * A component: what it imports and exports.
 *
 * @param imports by name, in the order of declaration
 * @param exports by name, in the order of declaration
 * @param imported resources that its imports bring
 * @param defined resources of its own; each of its instances has others
 * @param size see {@link Type#size}
 * @param hasResources see {@link Type#hasResources}
 */
public record ComponentType(
        Map<String, Entity> imports,
        Map<String, Entity> exports,
        Set<ResourceType.Id> imported,
        Set<ResourceType.Id> defined,
        int size,
        boolean hasResources)
        implements Type {
    ComponentType(
            Map<String, Entity> imports,
            Map<String, Entity> exports,
            Set<ResourceType.Id> imported,
            Set<ResourceType.Id> defined) {
        this(
                imports,
                exports,
                imported,
                defined,
                Types.clamp((long) Types.size(imports) + Types.size(exports)),
                Types.hasResources(imports) || Types.hasResources(exports));
    }
}
