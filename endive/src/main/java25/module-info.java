/**
 * Kiln under a program that is written for Endive. Only JVMs for 25 see this; to older ones the jar is an automatic
 * module, so that they get as far as the class that finds out where it runs.
 */
module kiln.endive {
    requires transitive run.endive.runtime;
    requires kiln.compiler;

    exports kiln.endive;
}
