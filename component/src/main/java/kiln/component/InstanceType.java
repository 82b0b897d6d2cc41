package kiln.component;

import java.util.Map;
import java.util.Set;

/**
 * An instance: what it exports.
 *
 * @param exports by name, in the order of declaration
 * @param resources those that belong to the type itself: each instance that is imported under it has its own
 * @param size see {@link Type#size}
 * @param hasResources see {@link Type#hasResources}
 */
public record InstanceType(Map<String, Entity> exports, Set<ResourceType.Id> resources, int size, boolean hasResources)
        implements Type {
    InstanceType(Map<String, Entity> exports, Set<ResourceType.Id> resources) {
        this(exports, resources, Types.size(exports), Types.hasResources(exports));
    }
}
