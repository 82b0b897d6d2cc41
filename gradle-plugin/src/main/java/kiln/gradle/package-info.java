/** The Gradle plugin {@code dev.kiln}: what it does, it does in a forked JVM. */
package kiln.gradle;
